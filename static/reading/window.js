// Window/level: the linear VOI function of DICOM PS3.3 C.11.2.1.2.1, as one table of screen colours.

export const TABLE_SIZE = 65536;

/** How finely a plane stores a stored value: 8-bit frames keep 8 fractional bits, so that averages do not band. */
export const gainOf = (bits) => (bits === 8 ? 256 : 1);

/**
 * Opaque grey RGBA words for every plane value:
 * g = floor(255 clamp((x - (c - 0.5 - (w - 1) / 2)) / (w - 1), 0, 1) + 0.5), w >= 2; inverted 255 - g.
 */
export function buildTable(bits, { center, width }, inverted, table = new Uint32Array(TABLE_SIZE)) {
  const span = Math.max(2, width) - 1;
  const low = center - 0.5 - span / 2;
  const gain = gainOf(bits);
  for (let i = 0; i < TABLE_SIZE; i++) {
    const t = (i / gain - low) / span;
    const g = Math.floor(255 * (t < 0 ? 0 : t > 1 ? 1 : t) + 0.5);
    table[i] = 0xff000000 | ((inverted ? 255 - g : g) * 0x010101);
  }
  return table;
}

/** What a drag of (dx, dy) CSS pixels makes of a window: right is wider, down is a higher centre (darker). */
export function dragWindow({ center, width }, dx, dy, bits) {
  const range = 2 ** bits;
  // Below a sixteenth of the range only the steps of the stored grey levels would be seen, not the radiograph.
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  return {
    center: clamp(center + (dy * range) / 1024, 0, range),
    width: clamp(width + (dx * range) / 1024, range / 16, 2 * range),
  };
}

/** Shift+1..4, as parts of the study's window: default, lung (dark half), mediastinum (bright half), bone (steep). */
export function preset(number, { center, width }) {
  const [shift, share] = [[0, 1], [-0.15, 0.6], [0.15, 0.6], [0.1, 0.4]][number - 1];
  return { center: center + shift * width, width: Math.max(2, share * width) };
}
