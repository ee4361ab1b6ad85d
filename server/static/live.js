// News from the server: the part of the page with id "answers" is fetched anew, and what is new in it is marked.
import { io } from "/vendor/socket.io.esm.min.js";

const GATHER_MS = 300;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let gathering;

/** @returns {Set<string>} the answers that are on the page */
function shown() {
  const items = document.querySelectorAll("[data-answer]");
  return new Set([...items].map((item) => item.getAttribute("data-answer") ?? ""));
}

/** @returns {boolean} whether somebody is watching or listening, and must not be disturbed */
function playing() {
  return [...document.querySelectorAll("video, audio")].some(
    (player) => player instanceof HTMLMediaElement && !player.paused,
  );
}

/** Fetch this page again and put its answers in place of the present ones. */
async function refresh() {
  const present = document.getElementById("answers");
  if (!present || playing()) return;
  const before = shown();
  const response = await fetch(location.href, { headers: { Accept: "text/html", "X-By-Itself": "1" } });
  if (!response.ok || response.redirected) {
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("answers");
  if (!fresh) return;
  present.replaceChildren(...fresh.childNodes);
  for (const item of present.querySelectorAll("[data-answer]")) {
    if (!before.has(item.getAttribute("data-answer") ?? "")) item.classList.add("is-new");
  }
}

/** @param {string} state what the live line is: on or off */
function tell(state) {
  const sign = document.getElementById("live-state");
  if (sign) sign.dataset.live = state;
}

const socket = io({ transports: ["websocket"] });
socket.on("connect", () => tell("on"));
socket.on("disconnect", () => tell("off"));
socket.on("news", () => {
  clearTimeout(gathering);
  gathering = setTimeout(refresh, GATHER_MS);
});
