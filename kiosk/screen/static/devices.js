/**
 * Which devices the browser finds: told at the start, and when one is unplugged or comes back.
 *
 * @typedef {{camera: boolean, microphone: boolean}} Found
 */

/** @type {((found: Found) => void)|null} */
let told = null;

/** @param {(found: Found) => void} tell */
export function watchDevices(tell) {
  if (told === null) navigator.mediaDevices.addEventListener("devicechange", () => void look());
  told = tell;
  void look();
}

/** A browser that cannot say is taken to have both: opening them will tell. */
async function look() {
  const found = await navigator.mediaDevices.enumerateDevices().catch(() => null);
  const has = (/** @type {MediaDeviceKind} */ kind) => found === null || found.some((device) => device.kind === kind);
  told?.({ camera: has("videoinput"), microphone: has("audioinput") });
}
