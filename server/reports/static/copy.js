/** Puts a sentence on the clipboard; without this script the sentences can be selected as any text. */

const copied = document.getElementById("copied");

/** @param {HTMLButtonElement} button whose `data-copies` names the element to copy */
function offerCopy(button) {
  const label = button.firstChild;
  const said = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    copied.textContent = "De zin is gekopieerd.";
    label.textContent = "Gekopieerd";
    setTimeout(() => {
      copied.textContent = "";
      label.textContent = said;
    }, 2000);
  });
}

// a page that is not served over TLS, nor from this machine, has no clipboard
if (navigator.clipboard) {
  document.querySelectorAll("[data-copies]").forEach(offerCopy);
}
