// The reading room: one case on the screen at a time. It never waits for the network while it has the next case.

import { Clock } from "./clock.js";
import { QuestionForm } from "./form.js";
import { FrameStore } from "./frame.js";
import { persist } from "./network.js";
import { View } from "./view.js";

export class ReadingRoom {
  constructor({ page, cases, outbox, framesUrl }) {
    const { frame, questions } = cases.session;
    Object.assign(this, { page, cases, outbox, shown: null, clock: new Clock() });
    this.frames = new FrameStore(framesUrl, frame);
    this.view = new View(page.part("canvas"), (view) => page.readout(view));
    this.form = new QuestionForm(page.part("questions"), questions, () => this.keepDraft());
    addEventListener("pagehide", () => this.keepDraft());
  }

  count(tool) {
    if (this.shown) this.shown.tools[tool] = (this.shown.tools[tool] ?? 0) + 1;
  }

  advance() {
    const [first] = this.cases.ahead();
    return first ? this.open(first) : this.rest();
  }

  /** Show a case as if it were the first: fit, default window, its own draft or nothing. */
  async open({ token, number, isRevision }) {
    const shown = { token, number, isRevision, asked: performance.now(), tools: {}, painted: false };
    this.shown = shown;
    this.clock.stop();
    this.form.set({});
    this.page.note("");
    this.page.progress(number, this.cases.session.total);
    this.page.part("previous").disabled = !this.cases.before(token);
    this.prefetch();
    const pixels = this.frames.peek(token) ?? (await this.fetchLate(shown));
    if (pixels && this.shown === shown) this.paint(shown, pixels);
  }

  paint(shown, pixels) {
    const { frame, window } = this.cases.session;
    const draft = this.cases.draft(shown.token);
    this.page.late(false);
    this.view.show({ pixels, ...frame }, window);
    shown.painted = true;
    shown.firstPaint = Math.round(performance.now() - shown.asked);
    this.clock.start(draft);
    this.enable(true);
    this.form.set(draft.answers ?? {});
    this.page.part("stage").focus({ preventScroll: true });
  }

  /** The picture is not here yet: black, a thin bar, no clock; tried again until it comes. */
  fetchLate(shown) {
    this.blank("");
    return persist(() => this.frames.get(shown.token), {
      isWanted: () => this.shown === shown,
      onFailure: () => {
        this.page.late(true, "Waiting for the network. The next picture comes as soon as it is back.");
        this.outbox.send(); // a picture is served only once the answers before it have arrived
      },
    });
  }

  blank(text) {
    this.view.clear();
    this.enable(false);
    this.page.late(true, text);
  }

  enable(isEnabled) {
    this.form.enable(isEnabled);
    this.page.part("confirm").disabled = !isEnabled;
  }

  prefetch() {
    const { cases, shown } = this;
    const wanted = [shown, ...cases.ahead(), cases.before(shown.token)].filter(Boolean);
    this.frames.keep([...new Set(wanted.map(({ token }) => token))]);
  }

  /** Only a complete answer goes on; it is kept here first and sent afterwards. */
  confirm() {
    const { shown, form, view } = this;
    if (!shown?.painted) return;
    const missing = form.missing();
    if (missing !== -1) {
      form.mark(missing);
      this.page.note("Answer the marked question first.");
      return;
    }
    this.keepDraft();
    this.outbox.add({
      token: shown.token,
      answers: form.answers(),
      ...this.clock.read(),
      first_paint_ms: shown.firstPaint,
      window: view.state(),
      tools: shown.tools,
    });
    this.cases.answer(shown);
    this.advance();
  }

  back() {
    const previous = this.cases.before(this.shown?.token);
    if (!previous) return;
    this.keepDraft();
    this.open(previous);
  }

  keepDraft() {
    const { shown, form, clock } = this;
    if (shown?.painted) this.cases.keepDraft(shown.token, { answers: form.answers(), ...clock.read() });
  }

  /** Nothing to show: all is read, or the server must first hear of the answers that wait here. */
  rest() {
    this.shown = null;
    this.clock.stop();
    this.form.set({});
    const waiting = this.outbox.waiting().length;
    const why = this.cases.isFinished() ? "All cases are read." : "Waiting for the network.";
    this.blank(waiting ? `${why} Your answers are kept on this computer and will be sent.` : why);
    const isOver = !waiting && !this.cases.session.current;
    if (isOver && this.cases.answered.size) location.reload(); // the server says goodbye, or that the study is paused
  }
}
