/**
 * One sound at a time: what is said is a row of sounds, and a touch silences it at once.
 *
 * @typedef {{source: string|HTMLMediaElement, lights?: Element}} Utterance
 */

/** How long one sound may take to begin before the next gets its turn, e.g. when its file cannot be read. */
const STALL_MS = 5000;

export class Speech {
  /** @param {{began: () => void, ended: () => void}} listener told when a row begins, and when it comes to its end by itself */
  constructor(listener) {
    this.listener = listener;
    this.voice = new Audio();
    this.volume = 1;
    /** @type {HTMLMediaElement|null} */
    this.sounding = null;
    /** @type {AbortController|null} */
    this.row = null;
  }

  /** Set how loud everything is from now on, also what sounds at this moment. @param {number} volume 0 to 1 */
  set loudness(volume) {
    this.volume = volume;
    if (this.sounding) this.sounding.volume = volume;
    loudnessOfSounds = volume;
  }

  get speaking() {
    return this.row !== null;
  }

  /** Say these, one after the other; what was being said stops. @param {Utterance[]} utterances */
  async say(utterances) {
    this.silence();
    const row = new AbortController();
    this.row = row;
    document.body.dataset.speech = "speaking";
    let began = false;
    for (const { source, lights } of utterances) {
      lights?.setAttribute("data-lit", "true");
      await play(this.#medium(source), row.signal, () => {
        if (!began) this.listener.began();
        began = true;
      });
      lights?.removeAttribute("data-lit");
      if (row.signal.aborted) return;
    }
    this.row = null;
    this.sounding = null;
    document.body.dataset.speech = "said";
    if (began) this.listener.ended();
  }

  /** Stop at once. */
  silence() {
    this.row?.abort();
    this.row = null;
    this.sounding = null; // it may be the visitor's own recording
    delete document.body.dataset.speech;
  }

  /** @param {string|HTMLMediaElement} source */
  #medium(source) {
    const medium = typeof source === "string" ? this.voice : source;
    if (typeof source === "string") this.voice.src = source;
    else source.currentTime = 0;
    medium.volume = this.volume;
    this.sounding = medium;
    return medium;
  }
}

/**
 * Play to the end, or until the signal says stop; a sound that fails is passed over.
 * @param {HTMLMediaElement} medium @param {AbortSignal} signal @param {() => void} began @returns {Promise<void>}
 */
function play(medium, signal, began) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const stall = setTimeout(finish, STALL_MS);
    function finish() {
      if (over.signal.aborted) return;
      clearTimeout(stall);
      over.abort();
      medium.pause();
      resolve();
    }
    const { signal: until } = over;
    signal.addEventListener("abort", finish, { signal: until });
    medium.addEventListener("ended", finish, { signal: until });
    medium.addEventListener("error", finish, { signal: until });
    medium.addEventListener("playing", () => (clearTimeout(stall), began()), { signal: until });
    medium.play().catch(finish);
  });
}

/** @type {Map<string, HTMLAudioElement>} */
const sounds = new Map();
let loudnessOfSounds = 1;

/** Play a short sound without words; it does not count as speech. @param {"touch"|"cue"} name */
export function playSound(name) {
  const sound = sounds.get(name) ?? new Audio(`/prompts/sounds/${name}.webm`);
  sounds.set(name, sound);
  sound.currentTime = 0;
  sound.volume = loudnessOfSounds;
  sound.play().catch(() => sounds.delete(name));
}
