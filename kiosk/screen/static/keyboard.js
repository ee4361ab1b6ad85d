/** The keyboard on the screen. What was typed is in the text area and, while the pole asks "are you there?", here. */

import SimpleKeyboard from "/vendor/simple-keyboard.esm.js";

const LAYOUT = {
  default: ["q w e r t y u i o p", "a s d f g h j k l '", "{shift} z x c v b n m {backspace}", "{symbols} , {space} . ?"],
  shift: ["Q W E R T Y U I O P", "A S D F G H J K L \"", "{shift} Z X C V B N M {backspace}", "{symbols} ! {space} . ?"],
  symbols: ["1 2 3 4 5 6 7 8 9 0", "é è ë ï ö ü à ç € &", "- : ; ( ) / + {backspace}", "{letters} , {space} . ?"],
};
const KEEPS_WORDS = new Set(["text", "warning"]);

export class Keyboard {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.typed = "";
    /** @type {SimpleKeyboard|null} */
    this.keys = null;
    /** @type {HTMLTextAreaElement|null} */
    this.area = null;
  }

  /** Stand on this screen if it is typed on; forget what was typed on any other. @param {string} screen @param {string} language */
  follow(screen, language) {
    this.keys?.destroy();
    this.keys = null;
    this.area = this.root.querySelector("[data-typed]");
    if (!KEEPS_WORDS.has(screen)) this.typed = "";
    const place = this.root.querySelector("[data-keyboard]");
    if (!this.area || !(place instanceof HTMLDivElement)) return;
    this.area.lang = language;
    this.area.value = this.typed;
    this.area.addEventListener("input", () => this.#changed());
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(this.typed.length, this.typed.length);
    this.#build(place);
    this.#changed();
  }

  /** @param {HTMLDivElement} place */
  #build(place) {
    const drawn = [...this.root.querySelectorAll("template[data-key]")].map((one) => /** @type {HTMLTemplateElement} */ (one));
    const name = (/** @type {HTMLTemplateElement} */ one) => `{${one.dataset.key}}`;
    this.keys = new SimpleKeyboard(place, {
      layout: LAYOUT,
      layoutName: this.typed ? "default" : "shift",
      display: Object.fromEntries(drawn.map((one) => [name(one), one.innerHTML.trim()])),
      mergeDisplay: true,
      buttonAttributes: drawn.map((one) => ({ attribute: "aria-label", value: one.ariaLabel ?? "", buttons: name(one) })),
      useButtonTag: true,
      preventMouseDownDefault: true,
      disableButtonHold: false,
      onKeyPress: (/** @type {string} */ key) => this.#press(key),
    });
  }

  /** @param {string} key */
  #press(key) {
    const layout = this.keys?.options.layoutName;
    if (key === "{shift}") this.keys?.setOptions({ layoutName: layout === "shift" ? "default" : "shift" });
    else if (key === "{symbols}") this.keys?.setOptions({ layoutName: "symbols" });
    else if (key === "{letters}") this.keys?.setOptions({ layoutName: "default" });
    else this.#write(key === "{space}" ? " " : key);
  }

  /** @param {string} key */
  #write(key) {
    const area = this.area;
    if (!area) return;
    const { selectionStart: start, selectionEnd: end } = area;
    if (key === "{backspace}") area.setRangeText("", start === end ? Math.max(0, start - 1) : start, end, "end");
    else if (area.value.length < area.maxLength) area.setRangeText(key, start, end, "end");
    area.scrollTop = area.scrollHeight;
    if (this.keys?.options.layoutName === "shift") this.keys.setOptions({ layoutName: "default" });
    this.#changed();
  }

  #changed() {
    this.typed = this.area?.value ?? "";
    const empty = this.typed.trim() === "";
    this.root.querySelector("[data-action=keep]")?.setAttribute("aria-disabled", String(empty));
  }
}
