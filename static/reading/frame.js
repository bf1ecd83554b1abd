// Raw frames: width x height x 1 or 2 little-endian bytes, fetched ahead and kept only while they may be shown.

export class FrameStore {
  constructor(urlPrefix, { width, height, bits }) {
    this.urlPrefix = urlPrefix;
    this.byteLength = width * height * (bits / 8);
    this.PixelArray = bits === 8 ? Uint8Array : Uint16Array;
    this.entries = new Map(); // token -> { pixels, promise, abort }
    this.order = 0;
  }

  /** The pixels if they are here already, else undefined. */
  peek(token) {
    return this.entries.get(token)?.pixels;
  }

  /** A promise of the pixels; a failure is forgotten, so that the next call tries again. */
  get(token) {
    const known = this.entries.get(token);
    if (known) return known.promise;
    const entry = { pixels: undefined, abort: new AbortController() };
    entry.promise = this.fetch(token, entry.abort.signal).then(
      (pixels) => (entry.pixels = pixels),
      (error) => {
        if (this.entries.get(token) === entry) this.entries.delete(token);
        throw error;
      },
    );
    this.entries.set(token, entry);
    return entry.promise;
  }

  async fetch(token, signal) {
    const response = await fetch(this.urlPrefix + token, { cache: "no-store", signal });
    if (!response.ok) throw new Error(`frame: ${response.status}`);
    const buffer = await response.arrayBuffer();
    if (buffer.byteLength !== this.byteLength) throw new Error("frame: wrong length");
    return new this.PixelArray(buffer);
  }

  /** Fetch these one after the other, most urgent first (they share the line), and forget all others. */
  async keep(tokens) {
    const order = ++this.order;
    for (const [token, entry] of this.entries) {
      if (tokens.includes(token)) continue;
      entry.abort.abort();
      this.entries.delete(token);
    }
    for (const token of tokens) {
      await this.get(token).catch(() => {}); // tried again when it is shown
      if (order !== this.order) return;
    }
  }
}
