/**
 * The screen follows: it shows the scene it is told, and tells the agent what was touched.
 *
 * @typedef {{way: "voice"|"video", phase: "preview"|"countdown"|"record"|"stop", take: string|null, max_seconds: number}} CaptureOrder
 * @typedef {{serial: number, screen: string, language: string, direction: "ltr"|"rtl", actions: string[], html: string,
 *            prompt: string|null, capture: CaptureOrder|null}} Scene
 */

import { io } from "/vendor/socket.io.esm.min.js";
import { Capture } from "./capture.js";
import { Keyboard } from "./keyboard.js";
import { Playback } from "./playback.js";
import { Speech, playSound } from "./speech.js";

/** After this long without a new scene, touches count again: the agent may have had nothing to change. */
const PATIENCE_MS = 3000;
/** The agent may be away for this long before the screen shows that there is a moment to wait. */
const GRACE_MS = 1000;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const resting = /** @type {HTMLTemplateElement} */ (document.querySelector("#resting"));
const socket = io({ path: "/socket.io", transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 2000 });

/** @type {Scene|null} */
let scene = null;
/** @type {number|undefined} */
let patience;
/** @type {number|undefined} */
let grace;

const report = (/** @type {string} */ event, /** @type {object} */ message) =>
  socket.emit(event, { serial: scene?.serial ?? 0, ...message });

const speech = new Speech({
  began: () => report("speech", { playing: true }),
  ended: () => report("speech", { playing: false }),
});
const playback = new Playback(main, speech);
const keyboard = new Keyboard(main);
const capture = new Capture({
  root: main,
  speech,
  failed: (device) => report("capture-failed", { device }),
  send: (message, data) => socket.timeout(10_000).emitWithAck("chunk", message, data),
  finished: (message) => socket.emit("take-finished", message),
});

/** Show a scene: nothing of the one before it stays. @param {Scene} next */
function show(next) {
  clearTimeout(grace);
  speech.silence();
  scene = next;
  document.documentElement.lang = next.language;
  document.documentElement.dir = next.direction;
  document.body.dataset.screen = next.screen;
  document.body.dataset.visitLanguage = next.language;
  delete document.body.dataset.microphone;
  main.innerHTML = next.html;
  acceptTouches();
  main.focus({ preventScroll: true });
  keyboard.follow(next.screen, next.language);
  void capture.follow(next.capture);
  say();
}

/** Say what the screen says: the question's video or the prompt, then each option that has a voice. */
function say() {
  const film = main.querySelector("video[data-speaks]");
  const first = film ?? scene?.prompt;
  if (!first) return;
  const options = [...main.querySelectorAll("[data-say]")];
  speech.say([
    { source: /** @type {HTMLVideoElement|string} */ (first) },
    ...options.map((element) => ({ source: /** @type {HTMLElement} */ (element).dataset.say ?? "", lights: element })),
  ]);
}

/** Say it again. Where a screen is silent by itself, its sentence; where there is a recording to look back at, that. */
function repeat() {
  if (playback.toggle()) return;
  speech.silence();
  const sentence = main.querySelector("section")?.dataset.sentence;
  if (scene?.prompt || main.querySelector("video[data-speaks]")) say();
  else if (sentence) speech.say([{ source: sentence }]);
}

/** @param {HTMLElement} control */
function act(control) {
  const action = control.dataset.action ?? "";
  if (!scene || document.body.dataset.busy || control.getAttribute("aria-disabled") === "true") return;
  const text = main.querySelector("textarea")?.value;
  socket.emit("act", { serial: scene.serial, action, ...(text === undefined ? {} : { text }) });
  if (action === "repeat") {
    repeat();
    return;
  }
  document.body.dataset.busy = "true";
  control.dataset.touched = "true";
  patience = window.setTimeout(acceptTouches, PATIENCE_MS);
}

function acceptTouches() {
  clearTimeout(patience);
  delete document.body.dataset.busy;
  main.querySelectorAll("[data-touched]").forEach((one) => one.removeAttribute("data-touched"));
}

/** The agent is away: show a moment to wait, and nothing of who was here. */
function rest() {
  scene = null;
  socket.sendBuffer.length = 0;
  speech.silence();
  keyboard.follow("waiting", "nl");
  void capture.follow(null);
  document.body.dataset.screen = "waiting";
  document.body.dataset.visitLanguage = "nl";
  document.documentElement.lang = "nl";
  document.documentElement.dir = "ltr";
  main.replaceChildren(resting.content.cloneNode(true));
  acceptTouches();
}

document.addEventListener("pointerdown", (event) => {
  const control = event.target instanceof Element ? event.target.closest("[data-action], [data-player], .hg-button") : null;
  const pauses = playback.playing && control?.matches("[data-player], [data-action=repeat]");
  if (!pauses) speech.silence();
  if (control && !document.body.dataset.busy && scene?.capture === null) playSound("touch");
});
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("[data-player]")) {
    main.querySelector("[data-action=repeat]")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    return;
  }
  const control = event.target.closest("[data-action]");
  if (control instanceof HTMLElement) act(control);
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("dragstart", (event) => event.preventDefault());

socket.on("show", show);
socket.on("disconnect", (reason) => {
  if (reason === "io server disconnect") socket.connect();
  capture.drop();
  socket.sendBuffer.length = 0;
  grace = window.setTimeout(rest, GRACE_MS);
});
