"""What a page of the pole still has of a visitor: tracks, object URLs, storage, words anywhere in its memory."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page

WATCH = """(() => {
  const watched = { tracks: [], urls: new Set() };
  Object.defineProperty(window, "watched", { value: watched });
  if (navigator.mediaDevices) {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      for (const track of stream.getTracks()) {
        if (track.kind === "audio" && watched.deaf) track.enabled = false;
        watched.tracks.push(new WeakRef(track));
      }
      return stream;
    };
    const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
    navigator.mediaDevices.enumerateDevices = async () =>
      (await list()).filter(({ kind }) => !(watched.unplugged ?? []).includes(kind));
  }
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (thing) => { const url = make(thing); watched.urls.add(url); return url; };
  const revoke = URL.revokeObjectURL.bind(URL);
  URL.revokeObjectURL = (url) => { watched.urls.delete(url); revoke(url); };
})()"""
"""Notes each track and object URL from the moment the page begins, and can unplug a device or deafen the microphone."""

_LEFT = """async () => ({
  live: watched.tracks.filter((one) => one.deref()?.readyState === "live").length,
  urls: watched.urls.size,
  stored: [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie,
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...("caches" in window ? await caches.keys() : []),
    ...(await navigator.serviceWorker?.getRegistrations() ?? []).map(({ scope }) => scope),
  ].filter(Boolean),
  words: [...document.querySelectorAll("textarea, input")].map(({ value }) => value).filter(Boolean),
  language: document.body.dataset.visitLanguage,
  lang: document.documentElement.lang,
  volume: document.body.dataset.volume,
})"""
_RECORDERS = ("MediaRecorder", "Blob", "AudioContext", "HTMLTextAreaElement")
"""Not the streams: Chromium itself keeps an ended one for some seconds, for its own count of time-outs."""
_PLAYWRIGHTS = re.compile(r'[a-z]+ ".*"')
"""How Playwright describes an element that it touches (role and name); its scripts share the memory of the page."""
_COUNT = "function() { return this.filter((one) => !Object.hasOwn(one, 'constructor')).length; }"
"""A prototype (File's is a Blob) is none."""


@dataclass(frozen=True)
class PageLeft:
    """What a page says of itself."""

    live: int
    urls: int
    stored: tuple[str, ...]
    words: tuple[str, ...]
    language: str
    lang: str
    volume: str
    cookies: int


@dataclass(frozen=True)
class Heap:
    """The memory of a page's JavaScript after its garbage was collected."""

    strings: tuple[str, ...]
    objects: dict[str, int]
    """How many objects there still are that record, or that show what is recorded or typed."""

    def holding(self, text: str) -> list[str]:
        """Return the strings that hold this text."""
        return [one for one in self.strings if text in one]


def left_in(page: Page) -> PageLeft:
    """Ask the page what it has open and stored."""
    said: dict[str, Any] = page.evaluate(_LEFT)
    cookies = len(page.context.cookies())
    return PageLeft(**said | {"stored": tuple(said["stored"]), "words": tuple(said["words"]), "cookies": cookies})


def heap_of(page: Page) -> Heap:
    """Take a snapshot of every string, and count the objects, that the page's JavaScript can still reach."""
    session = page.context.new_cdp_session(page)
    pieces: list[str] = []
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda event: pieces.append(event["chunk"]))
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    counts = {name: _count(session, name) for name in _RECORDERS}
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.send("HeapProfiler.disable")
    session.detach()
    strings = (one for one in json.loads("".join(pieces))["strings"] if not _PLAYWRIGHTS.fullmatch(one))
    return Heap(tuple(strings), {name: count for name, count in counts.items() if count})


def _count(session: CDPSession, name: str) -> int:
    """Return how many objects of this kind there are; asking collects the garbage first."""
    prototype = session.send("Runtime.evaluate", {"expression": f"{name}.prototype"})["result"]["objectId"]
    found = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype, "objectGroup": "counted"})
    counted = session.send(
        "Runtime.callFunctionOn",
        {"objectId": found["objects"]["objectId"], "functionDeclaration": _COUNT},
    )
    session.send("Runtime.releaseObjectGroup", {"objectGroup": "counted"})
    session.send("Runtime.releaseObject", {"objectId": prototype})
    return int(counted["result"]["value"])
