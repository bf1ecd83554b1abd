// Which key asks for what. The help on the page has one row for every action here (a test compares them).

export const BINDINGS = {
  i: "invert",
  f: "fit",
  p: "oneToOne",
  Backspace: "reset",
  "+": "zoomIn",
  "=": "zoomIn",
  "-": "zoomOut",
  ArrowUp: "previousQuestion",
  ArrowDown: "nextQuestion",
  Enter: "confirm",
  PageUp: "previousCase",
  "?": "help",
};

const ONCE = new Set(["rate", "confirm", "previousCase", "invert", "help"]); // a held key must not run ahead
const PRINTABLE = /^.$/; // these can be switched off (WCAG 2.1.4)

/** { action, digit } of a keydown, or null. Digits go by place, so that layouts with shifted digits work. */
export function actionOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (digit && event.shiftKey) return /[1-4]/.test(digit) ? { action: "preset", digit } : null;
  if (digit) return { action: "rate", digit };
  const action = BINDINGS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  return action ? { action, digit: null } : null;
}

export class Keys {
  /** handlers: action -> function(digit). isOff(): single characters are switched off. */
  constructor(handlers, { isOff, isBlocked }) {
    this.spaceHeld = false;
    addEventListener("keydown", (event) => {
      if (isBlocked()) return;
      this.space(event, true);
      const asked = actionOf(event);
      if (!asked || (PRINTABLE.test(event.key) && isOff()) || ownsKey(event.target, event.key)) return;
      event.preventDefault();
      if (!(event.repeat && ONCE.has(asked.action))) handlers[asked.action](asked.digit);
    });
    addEventListener("keyup", (event) => this.space(event, false));
    addEventListener("blur", () => (this.spaceHeld = false));
  }

  space(event, held) {
    if (event.key !== " " || ownsKey(event.target, " ")) return;
    this.spaceHeld = held;
    event.preventDefault();
  }
}

/** Buttons, links and boxes keep Enter and space for themselves. */
function ownsKey(target, key) {
  return (key === "Enter" || key === " ") && target.matches?.("button, a, summary, input[type=checkbox]");
}
