// Answers go to localStorage first, then to the server until it names their keys. Delivering twice is harmless.

const MAX_EVENTS = 20;
const MAX_BYTES = 48_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const TIMEOUT_MS = 20_000;

export class Outbox {
  /** prefix: one reader in one study, so that a shared computer never sends one person's answers as another's. */
  constructor({ url, prefix, onState, onDelivered, onRefused, onOtherTab }) {
    Object.assign(this, { url, prefix: `${prefix}:answer:`, onState, onDelivered, onRefused, onOtherTab });
    this.unkept = new Map(); // where this browser refuses to store
    this.limit = MAX_EVENTS;
    this.retryMs = FIRST_RETRY_MS;
    for (const name of ["online", "pageshow"]) addEventListener(name, () => this.send());
    addEventListener("pagehide", () => this.post(this.batch()).catch(() => {}));
    document.addEventListener("visibilitychange", () => this.send());
    addEventListener("storage", ({ key, newValue }) => {
      if (key?.startsWith(this.prefix)) this.onOtherTab(newValue && JSON.parse(newValue));
    });
  }

  /** The waiting events, oldest first. */
  waiting() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    const kept = keys.map((key) => JSON.parse(localStorage.getItem(key) ?? "null")).filter(Boolean);
    return [...kept, ...this.unkept.values()].sort((a, b) => a.at - b.at);
  }

  add(event) {
    const item = { at: Date.now(), event: { key: uuid(), ...event } };
    try {
      localStorage.setItem(this.prefix + item.event.key, JSON.stringify(item));
    } catch {
      this.unkept.set(item.event.key, item);
    }
    this.send();
  }

  remove(key) {
    localStorage.removeItem(this.prefix + key);
    this.unkept.delete(key);
  }

  batch() {
    const events = [];
    let bytes = 0;
    for (const { event } of this.waiting()) {
      bytes += new TextEncoder().encode(JSON.stringify(event)).length + 1;
      if (events.length === this.limit || (events.length && bytes > MAX_BYTES)) break;
      events.push(event);
    }
    return events;
  }

  /** Send what waits, unless another tab is at it (it will take ours along). */
  async send() {
    clearTimeout(this.timer);
    if (!this.waiting().length) return this.settle("saved");
    if (this.sending) return;
    this.sending = true;
    this.onState("saving", this.waiting().length);
    const locks = navigator.locks ?? { request: (name, options, work) => work({}) };
    const state = await locks
      .request(this.prefix, { ifAvailable: true }, (lock) => (lock ? this.deliver() : "saving"))
      .catch(() => "offline");
    this.sending = false;
    if (state === "saved" && this.waiting().length) return this.send(); // one came in at the last moment
    this.settle(state);
  }

  async deliver() {
    for (let events = this.batch(); events.length; events = this.batch()) {
      const response = await this.post(events);
      if (isSignedOut(response)) return "signedOut";
      if (response.status === 409 || response.status === 423) return "paused";
      if (response.status >= 400 && response.status < 500 && response.status !== 429) this.refuse(events);
      else if (!response.ok) return "offline";
      else this.accept(await response.json());
    }
    return "saved";
  }

  post(events) {
    if (!events.length) return Promise.resolve();
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const [body, signal] = [JSON.stringify({ events }), AbortSignal.timeout?.(TIMEOUT_MS)];
    return fetch(this.url, { method: "POST", headers, body, signal, keepalive: true, credentials: "same-origin" });
  }

  accept({ stored, session }) {
    if (!stored.length) throw new Error("nothing stored"); // try again later, not at once
    stored.forEach((key) => this.remove(key));
    this.limit = MAX_EVENTS;
    this.retryMs = FIRST_RETRY_MS;
    this.onDelivered(session);
  }

  /** The server will never take one of these: find it alone, set it aside, go on with the others. */
  refuse(events) {
    if (events.length > 1) return void (this.limit = 1);
    const [event] = events;
    const name = this.prefix.replace(/:answer:$/, ":refused:") + event.key;
    if (!this.unkept.has(event.key)) localStorage.setItem(name, JSON.stringify(event));
    this.remove(event.key);
    this.onRefused(event);
  }

  settle(state) {
    const waiting = this.waiting().length;
    this.onState(state, waiting);
    if (!waiting) return;
    this.timer = setTimeout(() => this.send(), this.retryMs * (0.75 + Math.random() / 2));
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }
}

const isSignedOut = (response) => response.redirected || response.status === 401 || response.status === 403;

function csrfToken() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie); // newer than the page after another sign-in
  return cookie?.[1] ?? document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

/** A random UUID, version 4; crypto.randomUUID is missing on plain http. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
