/**
 * Camera and microphone: open in preview, countdown and recording, and at no other moment.
 *
 * @typedef {import("./screen.js").CaptureOrder} CaptureOrder
 * @typedef {"camera"|"microphone"} Device
 */

import { Meter } from "./meter.js";
import { Take } from "./take.js";

const MICROPHONE = { audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
const CAMERA = { video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25, max: 30 } } };

export class Capture {
  /**
   * @param {{root: HTMLElement, speech: import("./speech.js").Speech, failed: (device: Device) => void,
   *          heard: (heard: boolean) => void,
   *          send: import("./take.js").Send, finished: import("./take.js").Finished}} collaborators
   */
  constructor({ root, speech, failed, heard, send, finished }) {
    this.root = root;
    this.speech = speech;
    this.failed = failed;
    this.heard = heard;
    this.send = send;
    this.finished = finished;
    /** @type {MediaStream|null} */
    this.stream = null;
    /** @type {HTMLVideoElement|null} */
    this.mirror = null;
    /** @type {Meter|null} */
    this.meter = null;
    /** @type {Take|null} */
    this.take = null;
    /** Counts the orders: only the last one is carried out. */
    this.orders = 0;
    /** Counts the times that everything was closed, so that a device that opens late is closed again. */
    this.closings = 0;
    /** @type {Promise<void>|null} */
    this.opening = null;
  }

  /** Do what the scene says about the devices. @param {CaptureOrder|null} order */
  async follow(order) {
    const number = ++this.orders;
    if (order === null) {
      this.drop();
      return;
    }
    if (order.phase === "stop") {
      this.take?.stop();
      return;
    }
    if (!this.stream) {
      this.opening ??= this.#open(order.way);
      await this.opening;
      if (number !== this.orders || !this.stream) return;
    }
    this.#reflect();
    this.meter?.follow(this.root, order.phase === "preview");
    if (order.phase === "record" && order.take && this.stream && this.take?.id !== order.take) {
      this.#record(order);
    }
  }

  /** @param {CaptureOrder} order */
  #record(order) {
    if (!order.take || !this.stream) return;
    try {
      this.take = new Take(order.take, order.way, this.stream, order.max_seconds, {
        root: this.root,
        send: this.send,
        finished: this.finished,
        heard: () => this.meter?.heard ?? false,
        failed: () => this.#fail("microphone"),
      });
    } catch {
      this.#fail("microphone"); // a browser that cannot record says so only now
    }
  }

  /** Close everything: no track stays live, and nothing that was recorded stays here. */
  drop() {
    this.closings += 1;
    this.opening = null;
    this.take?.drop();
    this.take = null;
    this.meter?.close();
    this.meter = null;
    if (this.mirror) {
      this.mirror.srcObject = null;
      this.mirror.remove();
    }
    this.mirror = null;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  /** Open the devices; a change of scene meanwhile does not begin it anew. @param {"voice"|"video"} way */
  async #open(way) {
    const closings = this.closings;
    /** @type {MediaStreamTrack[]} */
    const tracks = [];
    for (const [device, wanted] of /** @type {[Device, MediaStreamConstraints][]} */ (
      way === "video" ? [["microphone", MICROPHONE], ["camera", CAMERA]] : [["microphone", MICROPHONE]]
    )) {
      try {
        tracks.push(...(await navigator.mediaDevices.getUserMedia(wanted)).getTracks());
      } catch {
        tracks.forEach((track) => track.stop());
        if (closings === this.closings) this.#fail(device);
        return;
      }
    }
    if (closings !== this.closings) {
      tracks.forEach((track) => track.stop());
      return;
    }
    for (const track of tracks) {
      track.addEventListener("ended", () => this.#fail(track.kind === "video" ? "camera" : "microphone"));
    }
    this.stream = new MediaStream(tracks);
    this.meter = new Meter(this.stream, this.speech, this.heard);
    this.opening = null;
  }

  /** Put the picture of the camera on this screen; it is the same element throughout, so that it does not flicker. */
  #reflect() {
    const place = this.root.querySelector("[data-preview]");
    if (!place) return;
    if (!this.mirror) {
      this.mirror = document.createElement("video");
      this.mirror.muted = true;
      this.mirror.playsInline = true;
      this.mirror.srcObject = this.stream;
    }
    place.prepend(this.mirror);
    this.mirror.play().catch((/** @type {DOMException} */ error) => {
      // a screen that went on before there was a picture took the mirror away, which says nothing of the camera
      if (error.name !== "AbortError") this.#fail("camera");
    });
  }

  /** @param {Device} device */
  #fail(device) {
    this.orders += 1;
    this.drop();
    this.failed(device);
  }
}
