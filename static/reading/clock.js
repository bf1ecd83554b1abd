// Active reading time: the page is visible, has the focus, and a hand moved within the last two minutes.

const IDLE_MS = 120_000;

export class Clock {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.running = false;
    for (const name of ["focus", "blur"]) addEventListener(name, () => this.tick());
    document.addEventListener("visibilitychange", () => this.tick());
    for (const name of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      addEventListener(name, () => this.touch(), { passive: true, capture: true });
    }
  }

  /** From the first paint of a case; with what was counted before a reload. */
  start({ active_ms = 0, total_ms = 0 } = {}) {
    this.active = active_ms;
    this.begun = this.last = this.lastInput = this.now();
    this.begun -= total_ms;
    this.attentive = this.isAttentive();
    this.running = true;
  }

  stop() {
    this.running = false;
  }

  isAttentive() {
    return document.visibilityState === "visible" && document.hasFocus();
  }

  touch() {
    this.tick();
    this.lastInput = this.now();
  }

  /** Count the stretch since the last tick, up to the moment when the reader became idle. */
  tick() {
    const now = this.now();
    if (this.running && this.attentive) this.active += Math.max(0, Math.min(now, this.lastInput + IDLE_MS) - this.last);
    this.last = now;
    this.attentive = this.isAttentive();
  }

  read() {
    this.tick();
    return { active_ms: Math.round(this.active), total_ms: Math.round(this.now() - this.begun) };
  }
}
