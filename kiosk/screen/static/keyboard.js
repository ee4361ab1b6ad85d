/** The keyboard on the screen. What was typed is in the text area and, while the pole asks "are you there?", here. */

import SimpleKeyboard from "/vendor/simple-keyboard.esm.js";
import { NAMED, layoutsOf, ordersOf } from "./layouts.js";

/** @typedef {import("./layouts.js").Layout} Layout */

const KEEPS_WORDS = new Set(["text", "warning", "language"]);
const MARK = /^\p{M}$/u;
/** What a mark that stands on a letter is shown on. */
const CARRIER = "ـ";

export class Keyboard {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.typed = "";
    /** @type {SimpleKeyboard|null} */
    this.keys = null;
    /** @type {HTMLTextAreaElement|null} */
    this.area = null;
    /** The letters that are typed now and, for whoever has them, those of the other script. @type {Layout[]} */
    this.layouts = [];
    /** What the screen's templates draw on a key. @type {Record<string, string>} */
    this.drawn = {};
    this.orders = document.createElement("div");
    this.orders.className = "orders";
    this.orders.addEventListener("click", (event) => this.#choose(event.target));
  }

  /** Stand on this screen if it is typed on; forget what was typed on any other. @param {string} screen @param {string} language */
  follow(screen, language) {
    this.keys?.destroy();
    this.keys = null;
    this.area = this.root.querySelector("[data-typed]");
    if (!KEEPS_WORDS.has(screen)) this.typed = "";
    const place = this.root.querySelector("[data-keyboard]");
    if (!this.area || !(place instanceof HTMLDivElement)) return;
    this.layouts = layoutsOf(language);
    this.area.lang = language;
    this.area.dir = this.layouts[0].direction;
    this.area.value = this.typed;
    this.area.addEventListener("input", () => this.#changed());
    this.area.addEventListener("selectionchange", () => this.#showOrders());
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(this.typed.length, this.typed.length);
    this.#build(place);
    this.#changed();
  }

  /** @param {HTMLDivElement} place */
  #build(place) {
    const drawn = [...this.root.querySelectorAll("template[data-key]")].map((one) => /** @type {HTMLTemplateElement} */ (one));
    const name = (/** @type {HTMLTemplateElement} */ one) => `{${one.dataset.key}}`;
    this.drawn = Object.fromEntries(drawn.map((one) => [name(one), one.innerHTML.trim()]));
    place.replaceChildren(this.orders);
    this.keys = new SimpleKeyboard(place, {
      ...this.#page(this.#firstPage()),
      mergeDisplay: true,
      buttonAttributes: drawn.map((one) => ({ attribute: "aria-label", value: one.ariaLabel ?? "", buttons: name(one) })),
      useButtonTag: true,
      preventMouseDownDefault: true,
      disableButtonHold: false,
      onKeyPress: (/** @type {string} */ key) => this.#press(key),
    });
  }

  #firstPage() {
    return this.typed === "" && this.layouts[0].pages.shift ? "shift" : "default";
  }

  /** What the library of keys wants to know to show a page. @param {string} layoutName */
  #page(layoutName) {
    const [{ name, pages, columns, direction, orders }, other] = this.layouts;
    this.orders.hidden = !orders || layoutName !== "default";
    const place = /** @type {HTMLElement} */ (this.orders.parentElement);
    place.style.setProperty("--columns", String(columns));
    place.dataset.writes = direction;
    const marks = pages.symbols.join(" ").split(" ").filter((key) => MARK.test(key));
    const display = {
      ...Object.fromEntries(Object.entries(NAMED).map(([key, { label }]) => [key, label])),
      ...Object.fromEntries(marks.map((mark) => [mark, CARRIER + mark])),
      ...this.drawn,
      "{letters}": name,
      "{script}": other?.name ?? "",
    };
    return { layout: pages, layoutName, display };
  }

  /** @param {string} key */
  #press(key) {
    if (key === "{shift}") this.#show(this.keys?.options.layoutName === "shift" ? "default" : "shift");
    else if (key === "{symbols}") this.#show("symbols");
    else if (key === "{letters}") this.#show("default");
    else if (key === "{backspace}") this.#erase();
    else if (key === "{script}") {
      this.layouts.reverse();
      this.#show(this.#firstPage());
    } else this.#write(NAMED[key]?.writes ?? key);
  }

  /** @param {string} page */
  #show(page) {
    this.keys?.setOptions(this.#page(page));
    this.#showOrders();
  }

  /** @param {string} text */
  #write(text) {
    const area = this.area;
    if (!area) return;
    if (area.value.length < area.maxLength) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    this.#written();
  }

  #erase() {
    const area = this.area;
    if (!area) return;
    const { selectionStart: start, selectionEnd: end } = area;
    area.setRangeText("", start === end ? Math.max(0, start - 1) : start, end, "end");
    this.#written();
  }

  #written() {
    if (this.area) this.area.scrollTop = this.area.scrollHeight;
    if (this.keys?.options.layoutName === "shift") this.#show("default");
    this.#changed();
  }

  #changed() {
    this.typed = this.area?.value ?? "";
    const empty = this.typed.trim() === "";
    this.root.querySelector("[data-action=keep]")?.setAttribute("aria-disabled", String(empty));
    this.#showOrders();
  }

  /** The letter before the caret. */
  #last() {
    return this.area?.value.charAt(this.area.selectionStart - 1) ?? "";
  }

  /** Show the forms of the letter that was just written, where a script has them, to choose the right one. */
  #showOrders() {
    const last = this.#last();
    if (this.orders.hidden || this.orders.dataset.of === last) return;
    this.orders.dataset.of = last;
    this.orders.replaceChildren(
      ...ordersOf(last).map((form) => {
        const key = document.createElement("button");
        key.type = "button";
        key.className = "hg-button";
        key.dataset.order = form;
        key.textContent = form;
        key.ariaPressed = String(form === last);
        return key;
      }),
    );
  }

  /** Put the touched form in the place of the letter before the caret. @param {EventTarget|null} target */
  #choose(target) {
    const form = target instanceof HTMLElement ? target.dataset.order : undefined;
    if (!form || !this.area || !ordersOf(form).includes(this.#last())) return;
    const { selectionStart: at } = this.area;
    this.area.setRangeText(form, at - 1, at, "end");
    this.#written();
  }
}
