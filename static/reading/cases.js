// Which case is read now: what the server last said, less what has been answered here since. And half-given answers.

export class Cases {
  /** prefix: one reader in one study; answered: tokens whose answers wait in the outbox. */
  constructor(session, prefix, answered) {
    Object.assign(this, { session, prefix, answered: new Set(answered), last: null });
  }

  /** The cases that may be read now, in order, with their numbers. */
  ahead() {
    return this.offered().filter(({ token }) => !this.answered.has(token));
  }

  offered() {
    const { current, next, answered } = this.session;
    const tokens = current ? [current.token, ...next] : [];
    return tokens.map((token, i) => ({ token, number: answered + 1 + i, isRevision: false }));
  }

  /** Whether every case has been answered, delivered or not. */
  isFinished() {
    const { answered, total } = this.session;
    return answered + this.offered().length - this.ahead().length >= total;
  }

  /** The case before `token`, which may be answered anew; null when there is none. */
  before(token) {
    const [known] = this.session.previous;
    const last = this.last ?? (known && { token: known.token, number: this.session.answered, isRevision: true });
    return last && last.token !== token ? last : null;
  }

  /** Take a newer word from the server; an older one, overtaken on the way, says false. */
  follow(session) {
    if (session.answered < this.session.answered) return false;
    this.session = session;
    return true;
  }

  has(token) {
    return this.ahead().some((one) => one.token === token);
  }

  /** This case is answered; its draft stays while one may still come back to it. */
  answer({ token, number, isRevision }) {
    if (this.last && this.last.token !== token) localStorage.removeItem(this.key(this.last.token));
    if (!isRevision || !this.last) this.last = { token, number, isRevision: true };
    this.answered.add(token);
  }

  key(token) {
    return `${this.prefix}:draft:${token}`;
  }

  /** { answers, active_ms, total_ms } as they were when the page was left, or {}. */
  draft(token) {
    return JSON.parse(localStorage.getItem(this.key(token)) ?? "{}");
  }

  keepDraft(token, draft) {
    localStorage.setItem(this.key(token), JSON.stringify(draft));
  }
}
