/** Looking back at a recording, which the agent holds in memory: `play` plays and pauses it. */

export class Playback {
  /** @param {HTMLElement} root @param {import("./speech.js").Speech} speech */
  constructor(root, speech) {
    this.root = root;
    this.speech = speech;
  }

  get playing() {
    return this.root.querySelector("[data-player]")?.hasAttribute("data-playing") ?? false;
  }

  /** Play or pause, if this screen has a recording; return whether it has. */
  toggle() {
    const player = this.root.querySelector("[data-player]");
    const take = player?.querySelector("[data-take]");
    if (!player || !(take instanceof HTMLMediaElement)) return false;
    if (this.playing) {
      this.speech.silence();
      return true;
    }
    player.setAttribute("data-playing", "true");
    void this.speech.say([{ source: take }]).then(() => player.removeAttribute("data-playing"));
    return true;
  }
}
