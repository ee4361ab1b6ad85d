/**
 * One recording: its pieces go to the agent second by second, and none stays in the page.
 *
 * @typedef {(message: {take: string, index: number}, data: ArrayBuffer) => Promise<boolean>} Send
 * @typedef {(message: {take: string, chunks: number, media_type: string, seconds: number,
 *                    heard: boolean}) => void} Finished
 */

import { Ring } from "./ring.js";

const PIECE_MS = 1000;
const VIDEO_TYPES = ["video/webm;codecs=h264,opus", "video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus"];
const VOICE_TYPES = ["audio/webm;codecs=opus"];
const BITRATES = { videoBitsPerSecond: 1_500_000, audioBitsPerSecond: 48_000 };

export class Take {
  /**
   * @param {string} id @param {"voice"|"video"} way @param {MediaStream} stream @param {number} maxSeconds
   * @param {{root: HTMLElement, send: Send, finished: Finished, heard: () => boolean, failed: () => void}} collaborators
   */
  constructor(id, way, stream, maxSeconds, { root, send, finished, heard, failed }) {
    this.id = id;
    this.mediaType = way === "video" ? "video/webm" : "audio/webm";
    this.send = send;
    this.finished = finished;
    this.heard = heard;
    this.failed = failed;
    this.chunks = 0;
    this.dropped = false;
    this.started = performance.now();
    this.ended = this.started;
    /** What was sent so far; each piece waits for the one before it to be read, so that none overtakes. */
    this.sent = Promise.resolve();
    const mimeType = (way === "video" ? VIDEO_TYPES : VOICE_TYPES).find((type) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, { mimeType, ...BITRATES });
    this.recorder.ondataavailable = (event) => this.#forward(event.data);
    this.recorder.onstop = () => void this.#finish();
    this.recorder.onerror = () => this.#giveUp();
    this.recorder.start(PIECE_MS);
    this.ring = new Ring(root, maxSeconds);
  }

  /** End the recording; the last piece and the word that it was the last follow. */
  stop() {
    if (this.recorder.state === "inactive") return;
    this.ended = performance.now();
    this.ring.stop();
    this.recorder.stop();
  }

  /** Forget the recording. */
  drop() {
    this.dropped = true;
    this.ring.stop();
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }

  /** @param {Blob} piece */
  #forward(piece) {
    if (this.dropped || piece.size === 0) return;
    const index = this.chunks++;
    this.sent = this.sent.then(async () => {
      const data = await piece.arrayBuffer();
      if (this.dropped) return;
      this.send({ take: this.id, index }, data).then(
        (kept) => kept || this.#giveUp(),
        () => this.#giveUp(),
      );
    });
  }

  async #finish() {
    await this.sent;
    if (this.dropped) return;
    const seconds = Math.round(this.ended - this.started) / 1000;
    const heard = this.heard();
    this.finished({ take: this.id, chunks: this.chunks, media_type: this.mediaType, seconds, heard });
  }

  #giveUp() {
    if (!this.dropped) this.failed();
  }
}
