/**
 * The screen follows: it shows the scene it is told, and tells the agent what was touched.
 *
 * @typedef {{way: "voice"|"video", phase: "preview"|"countdown"|"record"|"stop", take: string|null, max_seconds: number}} CaptureOrder
 * @typedef {{serial: number, screen: string, language: string, direction: "ltr"|"rtl", actions: string[], html: string,
 *            prompt: string|null, capture: CaptureOrder|null, volume: number}} Scene
 */

import { io } from "/vendor/socket.io.esm.min.js";
import { Capture } from "./capture.js";
import { watchDevices } from "./devices.js";
import { Keyboard } from "./keyboard.js";
import { Playback } from "./playback.js";
import { Speech, playSound } from "./speech.js";

/** After this long without a new scene, touches count again: the agent may have had nothing to change. */
const PATIENCE_MS = 3000;
/** The agent may be away for this long before the screen shows that there is a moment to wait. */
const GRACE_MS = 1000;
/** How often it is told that somebody touches keys, or nothing in particular. */
const STIR_MS = 1000;
/** How loud each volume is: off, soft, normal, loud. */
const LOUDNESS = [0, 0.3, 0.65, 1];
/** How loud it is for whoever comes next. */
const DEFAULT_VOLUME = 2;
/** Touches after which the scene stays as it is. */
const STAYING = new Set(["repeat", "play", "help", "volume"]);

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const resting = /** @type {HTMLTemplateElement} */ (document.querySelector("#resting"));
const socket = io({ path: "/socket.io", transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 2000 });

/** @type {Scene|null} */
let scene = null;
/** @type {number|undefined} */
let patience;
/** @type {number|undefined} */
let grace;
let stirred = -STIR_MS;

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
  heard: (heard) => report("sound-heard", { heard }),
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
  turn(next.volume);
  unload();
  main.innerHTML = next.html;
  acceptTouches();
  main.focus({ preventScroll: true });
  keyboard.follow(next.screen, next.language);
  void capture.follow(next.capture);
  say();
}

/** Let go of every film and recording here: a player that is only taken off the page stays in memory. */
function unload() {
  for (const medium of main.querySelectorAll("video, audio")) {
    if (!(medium instanceof HTMLMediaElement) || medium.srcObject) continue; // the mirror of the camera goes on
    medium.pause();
    medium.replaceChildren();
    medium.removeAttribute("src");
    medium.load();
  }
}

/** Make everything as loud as the visitor wants. @param {number} volume */
function turn(volume) {
  document.body.dataset.volume = String(volume);
  speech.loudness = LOUDNESS[volume] ?? 1;
}

/** Say what the screen says: the question's video or the prompt, then each option that has a voice. */
function say() {
  delete main.dataset.helping;
  const film = main.querySelector("video[data-speaks]");
  const first = film ?? scene?.prompt;
  if (!first) return;
  const options = [...main.querySelectorAll("[data-say]")];
  speech.say([
    { source: /** @type {HTMLVideoElement|string} */ (first) },
    ...options.map((element) => ({ source: /** @type {HTMLElement} */ (element).dataset.say ?? "", lights: element })),
  ]);
}

/** Say it again; where a screen is silent by itself, its sentence. */
function repeat() {
  speech.silence();
  const sentence = main.querySelector("section")?.dataset.sentence;
  if (scene?.prompt || main.querySelector("video[data-speaks]")) say();
  else if (sentence) speech.say([{ source: sentence }]);
}

/** Name every control, one after the other, the bar included; with the sound off each name is written large. */
function help() {
  main.dataset.helping = "true";
  const named = [...main.querySelectorAll("[data-prompt]")];
  void speech.say(
    named.map((element) => ({ source: /** @type {HTMLElement} */ (element).dataset.prompt ?? "", lights: element })),
  );
}

/** @param {HTMLElement} control */
function act(control) {
  const action = control.dataset.action ?? "";
  if (!scene || document.body.dataset.busy || control.getAttribute("aria-disabled") === "true") return;
  // what is typed goes to the agent when it is kept, and with no other touch
  const text = action === "keep" ? main.querySelector("textarea")?.value : undefined;
  socket.emit("act", { serial: scene.serial, action, ...(text === undefined ? {} : { text }) });
  if (action === "repeat") repeat();
  else if (action === "play") playback.toggle();
  else if (action === "help") help();
  if (STAYING.has(action)) return;
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
  turn(DEFAULT_VOLUME);
  unload();
  main.replaceChildren(resting.content.cloneNode(true));
  acceptTouches();
}

document.addEventListener("pointerdown", (event) => {
  const control = event.target instanceof Element ? event.target.closest("[data-action], [data-player], .hg-button") : null;
  const pauses = playback.playing && control?.matches("[data-player], [data-action=play]");
  const silences = !pauses && speech.speaking;
  if (!pauses) speech.silence();
  // the agent waits for the end of what is said, so it hears of every silence at once
  if (silences || performance.now() - stirred > STIR_MS) {
    stirred = performance.now();
    if (socket.connected) socket.emit("stir");
  }
  if (control && !document.body.dataset.busy && scene?.capture === null) playSound("touch");
});
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("[data-player]")) {
    main.querySelector("[data-action=play]")?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    return;
  }
  const control = event.target.closest("[data-action]");
  if (control instanceof HTMLElement) act(control);
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("dragstart", (event) => event.preventDefault());

socket.on("show", show);
socket.on("volume", (/** @type {number} */ volume) => {
  turn(volume);
  if (scene?.capture === null) playSound("touch");
});
// another page of this pole came: this one is its screen no longer, and does not come back by itself
socket.on("replaced", () => {
  socket.disconnect();
  rest();
});
socket.on("connect", () => watchDevices((found) => socket.emit("devices", found)));
socket.on("disconnect", (reason) => {
  if (reason === "io server disconnect") socket.connect();
  capture.drop();
  socket.sendBuffer.length = 0;
  grace = window.setTimeout(rest, GRACE_MS);
});
