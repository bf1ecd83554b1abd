// Mouse, pen and touch on the picture, with the habits of a PACS. Reports what was done, once per gesture.

import { dragWindow } from "./window.js";

const TOOL_OF_BUTTON = { 0: "window", 1: "pan", 2: "zoom" };
const REPEAT_MS = 400;

export class Gestures {
  constructor(host, view, { onAct, isPanHeld }) {
    Object.assign(this, { host, view, onAct, isPanHeld });
    this.pointers = new Map(); // pointerId -> last { x, y } in device pixels of the canvas
    this.lastRight = -REPEAT_MS;
    const listen = (name, handler, options) =>
      host.addEventListener(name, (event) => view.frame && handler.call(this, event), options);
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      host.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
    listen("wheel", this.wheel, { passive: false });
    listen("dblclick", () => this.act("fit", () => view.fit()));
    host.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  act(name, change) {
    change();
    this.onAct(name);
  }

  /** Where the pointer is, in device pixels from the canvas's corner. */
  point(event) {
    const box = this.host.getBoundingClientRect();
    const dpr = this.view.canvas.width / box.width;
    return { x: (event.clientX - box.left) * dpr, y: (event.clientY - box.top) * dpr, dpr };
  }

  down(event) {
    if (event.button === 1) event.preventDefault(); // no autoscroll
    if (event.button === 2) this.rightDown(event.timeStamp);
    this.host.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.point(event));
    this.tool = this.isPanHeld() || event.shiftKey ? "pan" : (TOOL_OF_BUTTON[event.button] ?? "window");
    this.anchor = this.point(event);
    this.reported = new Set();
  }

  /** A double click of the right button resets, as the left one fits. */
  rightDown(time) {
    if (time - this.lastRight < REPEAT_MS) this.act("reset", () => this.view.reset());
    this.lastRight = time;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.point(event);
    if (now.x === before.x && now.y === before.y) return;
    if (this.pointers.size > 1) this.pinch(event.pointerId, before, now);
    else this.drag(this.tool, now.x - before.x, now.y - before.y, now.dpr);
    this.pointers.set(event.pointerId, now);
  }

  drag(tool, dx, dy, dpr) {
    const { view } = this;
    if (tool === "pan") view.pan(dx, dy);
    else if (tool === "zoom") view.zoomBy(Math.exp((-dy / dpr) * 0.006), this.anchor.x, this.anchor.y);
    else view.setWindow(dragWindow(view.window, dx / dpr, dy / dpr, view.frame.bits));
    this.report(tool);
  }

  /** Two fingers: the middle between them pans, their distance zooms. */
  pinch(id, before, now) {
    const other = [...this.pointers].find(([key]) => key !== id)[1];
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    const spread = (point) => Math.max(10, Math.hypot(point.x - other.x, point.y - other.y));
    this.view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.view.zoomBy(spread(now) / spread(before), middle.x, middle.y);
    this.report("zoom");
  }

  report(tool) {
    if (this.reported.has(tool)) return;
    this.reported.add(tool);
    this.onAct(tool);
  }

  wheel(event) {
    event.preventDefault();
    const { x, y } = this.point(event);
    const lines = event.deltaMode === 0 ? event.deltaY / 100 : event.deltaY / 3;
    this.act("zoom", () => this.view.zoomBy(Math.exp(-0.15 * Math.max(-3, Math.min(3, lines))), x, y));
  }
}
