// A download leaves the page as it is: say that it has begun.
const begun = document.getElementById("begun");
document.querySelector("form.stack")?.addEventListener("submit", () => {
  if (begun) begun.hidden = false;
});
