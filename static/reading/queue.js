// Answers on their way, in localStorage under a key of their own each: two tabs never overwrite one another's.

const MAX_EVENTS = 20;
const MAX_BYTES = 48_000;

export class Queue {
  /** prefix: one reader in one study, so that a shared computer never sends one person's answers as another's. */
  constructor(prefix) {
    this.prefix = `${prefix}:answer:`;
    this.asidePrefix = `${prefix}:aside:`;
    this.unkept = new Map(); // where this browser refuses to store
    for (const name of names(this.asidePrefix)) move(name, this.prefix + name.slice(this.asidePrefix.length));
  }

  /** { at, event } of everything that waits, oldest first. */
  waiting() {
    const kept = names(this.prefix).map((name) => JSON.parse(localStorage.getItem(name) ?? "null"));
    return [...kept.filter(Boolean), ...this.unkept.values()].sort((a, b) => a.at - b.at);
  }

  add(event) {
    const item = { at: Date.now(), event: { key: uuid(), ...event } };
    try {
      localStorage.setItem(this.prefix + item.event.key, JSON.stringify(item));
    } catch {
      this.unkept.set(item.event.key, item);
    }
  }

  remove(key) {
    localStorage.removeItem(this.prefix + key);
    this.unkept.delete(key);
  }

  /** The oldest events that fit into one call: at most `limit`, and 48 kB. */
  batch(limit = MAX_EVENTS) {
    const events = [];
    let bytes = 0;
    for (const { event } of this.waiting()) {
      bytes += new TextEncoder().encode(JSON.stringify(event)).length + 1;
      if (events.length === limit || (events.length && bytes > MAX_BYTES)) break;
      events.push(event);
    }
    return events;
  }

  /** The server does not take this one; it is tried once more when the page is opened again. */
  setAside({ key }) {
    if (!this.unkept.has(key)) move(this.prefix + key, this.asidePrefix + key);
    this.unkept.delete(key);
  }
}

const names = (prefix) => Object.keys(localStorage).filter((name) => name.startsWith(prefix));

function move(from, to) {
  localStorage.setItem(to, localStorage.getItem(from));
  localStorage.removeItem(from);
}

/** A random UUID, version 4; crypto.randomUUID is missing on plain http. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
