// Sends what waits until the server names its key. Delivering twice is harmless: the key is stored once.

import { Queue } from "./queue.js";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const TIMEOUT_MS = 20_000;

export class Outbox {
  /** on: onState(state, waiting), onDelivered(session), onHeld(why), onRefused(event), onOtherTab(item or null). */
  constructor({ url, prefix, ...on }) {
    Object.assign(this, { url, queue: new Queue(prefix), retryMs: FIRST_RETRY_MS, limit: undefined }, on);
    for (const name of ["online", "pageshow"]) addEventListener(name, () => this.send());
    document.addEventListener("visibilitychange", () => this.send());
    addEventListener("pagehide", () => this.post(this.queue.batch()).catch(() => {}));
    addEventListener("storage", ({ key, newValue }) => {
      if (key?.startsWith(this.queue.prefix)) this.onOtherTab(newValue && JSON.parse(newValue));
    });
  }

  waiting() {
    return this.queue.waiting();
  }

  add(event) {
    this.queue.add(event);
    this.send();
  }

  /** Send what waits, unless another tab is at it (it will take ours along). */
  async send() {
    clearTimeout(this.timer);
    if (!this.waiting().length) return this.settle("saved");
    if (this.sending) return undefined;
    this.sending = true;
    this.onState("saving", this.waiting().length);
    const locks = navigator.locks ?? { request: (name, options, work) => work({}) }; // missing on plain http
    const state = await locks
      .request(this.queue.prefix, { ifAvailable: true }, (lock) => (lock ? this.deliver() : "saving"))
      .catch(() => "offline");
    this.sending = false;
    if (state === "saved" && this.waiting().length) return this.send(); // one came in at the last moment
    return this.settle(state);
  }

  async deliver() {
    for (let events = this.queue.batch(this.limit); events.length; events = this.queue.batch(this.limit)) {
      const response = await this.post(events);
      if (response.redirected || [401, 403].includes(response.status)) return "signedOut";
      if (response.ok) {
        this.accept(await response.json());
        continue;
      }
      const state = this.object(response.status, events, await response.json().catch(() => ({})));
      if (state) return state;
    }
    return "saved";
  }

  async post(events) {
    if (!events.length) return undefined;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const [body, signal] = [JSON.stringify({ events }), AbortSignal.timeout?.(TIMEOUT_MS)];
    return fetch(this.url, { method: "POST", headers, body, signal, keepalive: true, credentials: "same-origin" });
  }

  accept({ stored, session }) {
    if (!stored.length) throw new Error("nothing stored"); // try again later, not at once
    stored.forEach((key) => this.queue.remove(key));
    this.limit = undefined;
    this.retryMs = FIRST_RETRY_MS;
    this.onDelivered(session);
  }

  /** What an objection of the server means: a state to wait in, or nothing when the next batch may go. */
  object(status, events, { detail = "", refused = [] }) {
    if (status >= 500 || status === 429) return "offline";
    if (status === 409) {
      this.onHeld(detail);
      return "held";
    }
    const named = events.filter(({ key }) => refused.includes(key));
    if (status === 404 && !named.length) return "signedOut"; // somebody else is signed in
    const guilty = named.length || events.length > 1 ? named : events;
    if (!guilty.length) this.limit = 1; // find it alone
    for (const event of guilty) {
      this.queue.setAside(event);
      this.onRefused(event);
    }
    return undefined;
  }

  /** Tell how things stand, and try again after 1 to 30 s, give or take a quarter, if anything waits. */
  settle(state) {
    const waiting = this.waiting().length;
    this.onState(state, waiting);
    if (!waiting) return;
    this.timer = setTimeout(() => this.send(), this.retryMs * (0.75 + Math.random() / 2));
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }
}

function csrfToken() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie); // newer than the page after another sign-in
  return cookie?.[1] ?? document.querySelector("meta[name=csrf-token]")?.content ?? "";
}
