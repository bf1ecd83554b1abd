// One picture on one canvas, in device pixels: fit, zoom, pan, 1:1, window. It is drawn at whole device pixels.

import { resample } from "./resample.js";
import { buildTable, gainOf, TABLE_SIZE } from "./window.js";

const MIN_SCALE = 0.02;
const MAX_SCALE = 40;

export class View {
  constructor(canvas, onPaint = () => {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.onPaint = onPaint;
    this.table = new Uint32Array(TABLE_SIZE);
    this.frame = null; // { pixels, width, height, bits }
    const observer = new ResizeObserver((entries) => this.resize(entries[0]));
    try {
      observer.observe(canvas, { box: "device-pixel-content-box" }); // speaks when the display's scale changes, too
    } catch {
      observer.observe(canvas); // Safari
    }
  }

  /** A new case: fit, the study's window, nothing carried over; painted before this returns. */
  show(frame, window) {
    this.frame = frame;
    this.defaults = window;
    this.reset();
    this.paint();
  }

  clear() {
    this.frame = null;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  reset() {
    this.inverted = false;
    this.setWindow(this.defaults);
    this.fit();
  }

  fit() {
    const { canvas, frame } = this;
    this.fitted = true;
    this.place(Math.min(canvas.width / frame.width, canvas.height / frame.height));
  }

  /** Around a point of the canvas, its middle by default. Scale 1 is one image pixel on one device pixel. */
  zoomTo(scale, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const next = Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));
    const ratio = next / this.scale;
    this.fitted = false;
    this.place(next, x - (x - this.left) * ratio, y - (y - this.top) * ratio);
  }

  zoomBy(factor, x, y) {
    this.zoomTo(this.scale * factor, x, y);
  }

  pan(dx, dy) {
    this.fitted = false;
    this.place(this.scale, this.left + dx, this.top + dy);
  }

  /** Set scale and corner; without a corner the picture is centred. Some of it always stays in sight. */
  place(scale, left, top) {
    const { canvas, frame } = this;
    const hold = (value, size, room) => Math.min(room - room / 8, Math.max(room / 8 - size, value));
    this.scale = scale;
    this.left = hold(left ?? (canvas.width - frame.width * scale) / 2, frame.width * scale, canvas.width);
    this.top = hold(top ?? (canvas.height - frame.height * scale) / 2, frame.height * scale, canvas.height);
    this.planeStale = true;
    this.request();
  }

  setWindow(window) {
    this.window = window;
    this.tableStale = true;
    this.request();
  }

  invert() {
    this.inverted = !this.inverted;
    this.tableStale = true;
    this.request();
  }

  /** How the picture is shown now; scale is device pixels per image pixel. */
  state() {
    const { inverted, scale, canvas } = this;
    return { ...this.window, inverted, scale, dpr: devicePixelRatio, canvas: [canvas.width, canvas.height] };
  }

  resize(entry) {
    const [exact] = entry.devicePixelContentBoxSize ?? [];
    const pixels = (css, device) => {
      const near = css * devicePixelRatio; // what the layout snapped this to is the truth, if it is close to it
      return Math.max(1, Math.abs(device - near) <= 1 ? device : Math.round(near));
    };
    const width = pixels(entry.contentRect.width, exact?.inlineSize);
    const height = pixels(entry.contentRect.height, exact?.blockSize);
    const [dx, dy] = [(width - this.canvas.width) / 2, (height - this.canvas.height) / 2];
    Object.assign(this.canvas, { width, height });
    if (!this.frame) return;
    if (this.fitted) this.fit();
    else this.place(this.scale, this.left + dx, this.top + dy);
    this.paint(); // in this task: a canvas that has changed its size is blank
  }

  request() {
    this.wanted ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.wanted);
    this.wanted = undefined;
    if (!this.frame) return;
    if (this.tableStale) buildTable(this.frame.bits, this.window, this.inverted, this.table);
    if (this.planeStale) this.renewPlane();
    this.tableStale = this.planeStale = false;
    const { image, plane, table, seen } = this;
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; i++) words[i] = table[plane[i]];
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height); // black
    this.context.putImageData(image, seen.x, seen.y);
    this.onPaint(this);
  }

  /** The part of the picture inside the canvas, in its own device pixels, resampled into `plane`. */
  renewPlane() {
    const { canvas, frame, scale } = this;
    const visible = (corner, size, room) => {
      const offset = Math.round(corner);
      const start = Math.max(0, -offset);
      const end = Math.min(Math.max(1, Math.round(size * scale)), room - offset);
      return [start, Math.max(1, end - start), start + offset];
    };
    const [left, width, x] = visible(this.left, frame.width, canvas.width);
    const [top, height, y] = visible(this.top, frame.height, canvas.height);
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
      this.plane = new Uint16Array(width * height);
    }
    this.seen = { left, top, width, height, x, y };
    resample(frame, scale, this.seen, gainOf(frame.bits), this.plane);
  }
}
