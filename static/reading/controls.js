// Ties keys, gestures and buttons to the picture, the form and the room.

import { Gestures } from "./gestures.js";
import { Keys } from "./keys.js";
import { preset } from "./window.js";

export function connect(room) {
  const { view, form, page } = room;
  const use = (tool, change) => (digit) => {
    if (!view.frame) return;
    change(digit);
    room.count(tool);
  };
  const handlers = {
    invert: use("invert", () => view.invert()),
    fit: use("fit", () => view.fit()),
    oneToOne: use("oneToOne", () => view.zoomTo(1)),
    reset: use("reset", () => view.reset()),
    zoomIn: use("zoom", () => view.zoomBy(1.25)),
    zoomOut: use("zoom", () => view.zoomBy(0.8)),
    preset: use("preset", (digit) => view.setWindow(preset(Number(digit), view.defaults))),
    rate: (digit) => form.rate(digit),
    previousQuestion: () => form.move(-1),
    nextQuestion: () => form.move(1),
    confirm: () => room.confirm(),
    previousCase: () => room.back(),
    help: () => page.help.showModal(),
  };
  const keys = new Keys(handlers, { isOff: () => page.settings.shortcutsOff, isBlocked: () => page.help.open });
  const onAct = (tool) => room.count(tool);
  new Gestures(page.part("stage"), view, { onAct, isPanHeld: () => keys.spaceHeld });
  for (const button of page.root.querySelectorAll("[data-action]")) {
    button.addEventListener("click", () => handlers[button.dataset.action]());
  }
}
