// What surrounds the picture: save state, progress, notes, read-out, help, and the reader's own settings.

const STATES = {
  saved: () => "All saved",
  saving: (n) => `Saving (${n} waiting)`,
  offline: (n) => `Offline (${n} waiting)`,
  signedOut: (n) => `Signed out (${n} waiting)`,
  held: (n) => `Not sent (${n} waiting)`,
};

const SETTINGS = "negatoscope:settings";

export class Page {
  constructor(root) {
    this.root = root;
    this.help = this.part("help");
    this.settings = JSON.parse(localStorage.getItem(SETTINGS) ?? "{}");
    for (const name of ["mirrored", "shortcutsOff"]) this.bindSetting(this.part(name), name);
    this.part("open-help").addEventListener("click", () => this.help.showModal());
    addEventListener("resize", () => this.warn(this.view));
  }

  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  bindSetting(box, name) {
    const apply = () => this.root.classList.toggle(name, (this.settings[name] = box.checked));
    box.checked = Boolean(this.settings[name]);
    apply();
    box.addEventListener("change", () => {
      apply();
      localStorage.setItem(SETTINGS, JSON.stringify(this.settings));
    });
  }

  saveState(state, waiting) {
    const output = this.part("save-state");
    const text = STATES[state](waiting);
    if (output.textContent !== text) output.textContent = text; // a status is read aloud when it changes
    output.dataset.state = state;
    this.part("sign-in").hidden = state !== "signedOut";
  }

  progress(number, total) {
    this.part("number").textContent = `${number} of ${total}`;
    Object.assign(this.part("progress"), { max: total, value: number - 1 });
    this.part("stage").ariaLabel = `Radiograph ${number} of ${total}`;
  }

  /** One line under the questions; empty when all is well. */
  note(text) {
    this.part("note").textContent = text;
  }

  /** The thin bar over the picture, and the words in its middle when there is nothing to look at. */
  late(isLate, text = "") {
    this.root.classList.toggle("late", isLate);
    this.part("waiting").textContent = text;
  }

  readout(view) {
    this.view = view;
    const zoom = view.scale === 1 ? "1:1" : `${view.scale.toFixed(2)}×`;
    const { center, width } = view.window;
    const shown = [(view.fitted ? "Fit " : "") + zoom, `C ${Math.round(center)}`, `W ${Math.round(width)}`];
    const text = [...shown, ...(view.inverted ? ["inverted"] : [])].join("   ");
    this.part("readout").textContent = text;
    clearTimeout(this.speaking); // said once it rests for a second
    this.speaking = setTimeout(() => (this.part("spoken").textContent = text), 1000);
    this.warn(view);
  }

  warn(view) {
    const zoom = Math.round((100 * outerWidth) / innerWidth);
    const warnings = [
      (innerWidth < 1024 || innerHeight < 700) && "This window is smaller than 1024 × 700: enlarge it.",
      view?.fitted && view.scale < 0.4 && "The picture is shown below 0.4×: enlarge the window, or press P for 1:1.",
      outerWidth > 0 && Math.abs(zoom - 100) > 8 && "The browser's zoom is not 100 %: press Ctrl+0.",
    ];
    this.part("warnings").textContent = warnings.filter(Boolean).join(" ");
  }
}
