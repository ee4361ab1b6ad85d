// The QR on the pole carries the code behind the #, which a browser never sends: put it into the field.
const field = document.getElementById("code");
if (field instanceof HTMLInputElement && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
