/** Prints this page; without this script the browser's own menu does it. */
for (const button of document.querySelectorAll("[data-prints]")) {
  if (button instanceof HTMLElement) button.hidden = false;
  button.addEventListener("click", () => window.print());
}
