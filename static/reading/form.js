// The questions as native radio buttons; one of them is marked, and digits answer that one.

export class QuestionForm {
  /** host: where the groups go; onAnswer(): after every choice that the reader makes. */
  constructor(host, questions, onAnswer) {
    this.questions = questions;
    this.groups = questions.map((question) => host.appendChild(groupOf(question)));
    this.mark(0);
    host.addEventListener("change", ({ target }) => {
      this.mark(this.groups.indexOf(target.closest("fieldset")));
      onAnswer();
    });
    host.addEventListener("focusin", ({ target }) => this.mark(this.groups.indexOf(target.closest("fieldset"))));
    this.onAnswer = onAnswer;
  }

  mark(index) {
    if (index < 0) return;
    this.marked = index;
    this.groups.forEach((group, i) => group.classList.toggle("marked", i === index));
  }

  move(step) {
    this.mark(Math.max(0, Math.min(this.groups.length - 1, this.marked + step)));
    if (document.activeElement?.type === "radio") this.radios(this.marked)[0].focus();
  }

  radios(index) {
    return [...this.groups[index].querySelectorAll("input")];
  }

  /** Answer the marked question by its key, then mark the next one that lacks an answer. */
  rate(key) {
    const choice = this.questions[this.marked].keys.indexOf(key);
    const radio = this.radios(this.marked)[choice];
    if (!radio || radio.disabled) return;
    radio.checked = true;
    const next = this.missing();
    this.onAnswer();
    if (next !== -1) this.mark(next);
  }

  /** The first question after the marked one (then from the top) without an answer, or -1. */
  missing() {
    const count = this.groups.length;
    const order = Array.from({ length: count }, (_, i) => (this.marked + i) % count);
    return order.find((i) => !this.radios(i).some((radio) => radio.checked)) ?? -1;
  }

  /** { slug: value } of what is chosen. */
  answers() {
    const chosen = this.questions.map(({ slug, choices }, i) => {
      const index = this.radios(i).findIndex((radio) => radio.checked);
      return index === -1 ? null : [slug, choices[index].value];
    });
    return Object.fromEntries(chosen.filter(Boolean));
  }

  /** Show these answers without telling anybody: only the reader's own acts are events. */
  set(answers) {
    this.questions.forEach(({ slug, choices }, i) => {
      this.radios(i).forEach((radio, k) => (radio.checked = answers[slug] === choices[k].value));
    });
    this.mark(0);
    this.mark(this.missing());
  }

  enable(isEnabled) {
    for (const group of this.groups) group.disabled = !isEnabled;
  }
}

function groupOf({ slug, text, choices, keys }) {
  const group = element("fieldset", { className: "question" });
  group.append(element("legend", { textContent: text }));
  choices.forEach(({ value, label }, i) => {
    const row = element("label", { className: "choice" });
    row.append(
      element("input", { type: "radio", name: slug, value: String(value) }),
      element("kbd", { textContent: keys[i] ?? "", ariaHidden: "true" }),
      element("span", { textContent: label }),
    );
    group.append(row);
  });
  return group;
}

const element = (name, properties) => Object.assign(document.createElement(name), properties);
