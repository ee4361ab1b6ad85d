/** The ring that empties while somebody speaks, and says when ten seconds are left. */

import { playSound } from "./speech.js";

const CUE_SECONDS = 10;

export class Ring {
  /** @param {HTMLElement} root @param {number} maxSeconds */
  constructor(root, maxSeconds) {
    this.root = root;
    this.maxSeconds = maxSeconds;
    this.started = performance.now();
    this.cued = false;
    this.timer = window.setInterval(() => this.#draw(), 200);
    this.#draw();
  }

  stop() {
    clearInterval(this.timer);
  }

  #draw() {
    const left = Math.max(0, this.maxSeconds - (performance.now() - this.started) / 1000);
    const ring = this.root.querySelector("[data-ring]");
    ring?.querySelector(".ring-left")?.setAttribute("stroke-dasharray", `${(100 * left) / this.maxSeconds} 100`);
    const seconds = ring?.querySelector("[data-seconds]");
    if (seconds) seconds.textContent = String(Math.ceil(left));
    if (left > CUE_SECONDS || this.cued) return;
    this.cued = true;
    ring?.setAttribute("data-nearly", "true");
    playSound("cue");
  }
}
