/** The level meter: shows how loud it is, and tells when nothing is heard before a recording, or something again. */

const SILENT_AFTER_MS = 6000;
/** Root mean square of the sound, 0 to 1: below it a room is silent. */
const HEARD = 0.01;
/** How the level is drawn: speech at an arm's length fills about two thirds. */
const GAIN = 6;

export class Meter {
  /**
   * @param {MediaStream} stream @param {import("./speech.js").Speech} speech
   * @param {(heard: boolean) => void} tell
   */
  constructor(stream, speech, tell) {
    this.speech = speech;
    this.tell = tell;
    this.silent = false;
    /** Whether anything was heard since the screen that is followed now appeared. */
    this.heard = false;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
    /** @type {Element[]} */
    this.bars = [];
    this.warns = false;
    this.heardAt = performance.now();
    this.timer = window.setInterval(() => this.#measure(), 60);
  }

  /** Draw on this screen. @param {HTMLElement} root @param {boolean} warns whether silence is told, which only a preview does */
  follow(root, warns) {
    this.bars = [...root.querySelectorAll("[data-meter] i")];
    this.warns = warns;
    this.heard = false;
    this.heardAt = performance.now();
    void this.context.resume();
  }

  close() {
    clearInterval(this.timer);
    void this.context.close();
  }

  #measure() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const loudness = Math.sqrt(this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length);
    const lit = Math.round(Math.min(1, loudness * GAIN) * this.bars.length);
    this.bars.forEach((bar, at) => bar.classList.toggle("on", at < lit));
    this.#listen(loudness);
  }

  /** What the pole says itself is no sign of a voice. @param {number} loudness */
  #listen(loudness) {
    const now = performance.now();
    if (loudness >= HEARD && !this.speech.speaking) this.heard = true;
    if (loudness >= HEARD || this.speech.speaking) this.heardAt = now;
    if (!this.warns) return;
    if (this.silent && this.heard) this.#say(false);
    else if (!this.silent && now - this.heardAt > SILENT_AFTER_MS) this.#say(true);
  }

  /** @param {boolean} silent */
  #say(silent) {
    this.silent = silent;
    this.heard = false;
    this.tell(!silent);
  }
}
