// Frame -> the visible device pixels, on stored values (before the window): area average when shrinking, a copy at
// 1:1, bilinear when enlarging. Averaging first means that a change of window never repeats it.

/**
 * Fill plane (out.width x out.height) with values x gain. Output pixel (i, j) covers the frame's square of side
 * 1/scale whose corner is ((out.left + i) / scale, (out.top + j) / scale).
 */
export function resample(frame, scale, out, gain, plane) {
  if (scale === 1) copy(frame, out, gain, plane);
  else if (scale < 1) shrink(frame, scale, out, gain, plane);
  else enlarge(frame, scale, out, gain, plane);
}

function copy({ pixels, width }, out, gain, plane) {
  for (let j = 0, k = 0; j < out.height; j++) {
    let source = (out.top + j) * width + out.left;
    for (let i = 0; i < out.width; i++) plane[k++] = pixels[source++] * gain;
  }
}

/** The frame coordinates between output pixels, clipped to the frame. */
function borders(start, count, scale, limit) {
  return Float64Array.from({ length: count + 1 }, (_, i) => Math.min(limit, (start + i) / scale));
}

/** Means of one frame row between the borders: differences of its running sum, linear inside a pixel. */
function averageRow(pixels, rowStart, xs, row) {
  let k = Math.floor(xs[0]);
  let sum = 0; // of the pixels from xs[0]'s up to k
  let before = (xs[0] - k) * pixels[rowStart + k];
  for (let i = 0; i < row.length; i++) {
    const end = xs[i + 1];
    const last = Math.floor(end);
    while (k < last) sum += pixels[rowStart + k++];
    const here = end > last ? sum + (end - last) * pixels[rowStart + last] : sum;
    row[i] = (here - before) / (end - xs[i]);
    before = here;
  }
}

function shrink({ pixels, width, height }, scale, out, gain, plane) {
  const xs = borders(out.left, out.width, scale, width);
  const ys = borders(out.top, out.height, scale, height);
  const row = new Float64Array(out.width);
  const total = new Float64Array(out.width);
  let y = -1; // the frame row in `row`
  for (let j = 0; j < out.height; j++) {
    total.fill(0);
    for (let v = Math.floor(ys[j]); v < ys[j + 1]; v++) {
      if (v !== y) averageRow(pixels, (y = v) * width, xs, row);
      const weight = Math.min(v + 1, ys[j + 1]) - Math.max(v, ys[j]);
      for (let i = 0; i < out.width; i++) total[i] += weight * row[i];
    }
    const factor = gain / (ys[j + 1] - ys[j]);
    for (let i = 0, k = j * out.width; i < out.width; i++) plane[k++] = total[i] * factor + 0.5;
  }
}

/** Per output pixel centre: the pixel before it, the step to the next (0 at the border), and how far between them. */
function neighbours(start, count, scale, limit) {
  const [before, step, part] = [new Int32Array(count), new Int32Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const centre = Math.min(limit - 1, Math.max(0, (start + i + 0.5) / scale - 0.5));
    before[i] = Math.floor(centre);
    step[i] = before[i] + 1 < limit ? 1 : 0;
    part[i] = centre - before[i];
  }
  return { before, step, part };
}

function enlarge({ pixels, width, height }, scale, out, gain, plane) {
  const columns = neighbours(out.left, out.width, scale, width);
  const rows = neighbours(out.top, out.height, scale, height);
  const stretched = [0, 1].map(() => ({ y: -1, row: new Float64Array(out.width) })); // of even and odd frame rows
  const stretch = (y) => {
    const kept = stretched[y % 2];
    if (kept.y !== y) stretchRow(pixels, y * width, columns, kept.row);
    kept.y = y;
    return kept.row;
  };
  for (let j = 0, k = 0; j < out.height; j++) {
    const upper = stretch(rows.before[j]);
    const lower = stretch(rows.before[j] + rows.step[j]);
    const part = rows.part[j];
    for (let i = 0; i < out.width; i++) plane[k++] = (upper[i] + part * (lower[i] - upper[i])) * gain + 0.5;
  }
}

function stretchRow(pixels, rowStart, { before, step, part }, row) {
  for (let i = 0; i < row.length; i++) {
    const k = rowStart + before[i];
    row[i] = pixels[k] + part[i] * (pixels[k + step[i]] - pixels[k]);
  }
}
