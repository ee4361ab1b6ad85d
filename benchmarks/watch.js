/**
 * Looks on inside a page and notes when what happens: a mark is [kind, milliseconds, detail].
 *
 * touch: a finger comes down on a control; the time is that of the input, before the page heard of it.
 * seen: the first frame in which that control looks touched.   heard: the sound of a touch plays.
 * told: the message `show` arrives.   shown: the first frame with what it brought.   said: a film or prompt plays.
 */
{
  const marks = [];
  const waiting = new Set();

  const mark = (kind, detail = "", at = performance.now()) => {
    marks.push([kind, at, detail]);
    for (const one of waiting) {
      if (!one.is(kind, detail)) continue;
      waiting.delete(one);
      one.resolve();
    }
  };
  /** A frame has been drawn once a task runs after the callbacks of that frame. */
  const afterFrame = (then) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = then;
      channel.port2.postMessage(null);
    });

  window.watch = {
    marks,
    /** Tell how many marks there are now. */
    count: () => marks.length,
    /** Wait for a mark of a kind, after so many, with a detail where one is given. */
    until: (kind, detail, after) =>
      new Promise((resolve) => {
        const is = (itsKind, itsDetail) => itsKind === kind && (detail === null || itsDetail === detail);
        if (marks.slice(after).some(([itsKind, , itsDetail]) => is(itsKind, itsDetail))) resolve();
        else waiting.add({ is, resolve });
      }),
  };

  document.addEventListener(
    "pointerdown",
    (event) => {
      const control = event.target.closest("[data-action]");
      if (control) mark("touch", control.dataset.action, event.timeStamp);
    },
    true,
  );
  window.WebSocket = class extends WebSocket {
    constructor(...of) {
      super(...of);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && data.startsWith('42["show"')) mark("told");
      });
    }
  };
  const play = HTMLMediaElement.prototype.play;
  const known = new WeakSet();
  HTMLMediaElement.prototype.play = function () {
    if (!known.has(this)) {
      known.add(this);
      this.addEventListener("playing", () => mark(this.src.includes("/sounds/") ? "heard" : "said"));
    }
    return play.call(this);
  };
  document.addEventListener("DOMContentLoaded", () => {
    const main = document.querySelector("main");
    new MutationObserver(() => {
      const screen = document.body.dataset.screen ?? "";
      afterFrame(() => mark("shown", screen));
    }).observe(main, { childList: true });
    new MutationObserver((changes) => {
      if (changes.some(({ target }) => target.dataset.touched)) afterFrame(() => mark("seen"));
    }).observe(main, { subtree: true, attributes: true, attributeFilter: ["data-touched"] });
  });
}
