"""A hall to try a locked browser in: namespaces with an /etc and a network of their own.

Run as `python -m tests.deploy.hall FOLDER START` inside `unshare --mount --net`: lays FOLDER/policies over Chromium's,
serves the pole's address and a stranger's, opens the locked browser at START ("agent" or "stranger"), and prints as
JSON what both heard.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kiosk.locked_browser import Chromium
from setup.browser import find_chromium

AGENT, STRANGER, DEBUGGING = 8077, 8099, 9222
PATIENCE_SECONDS = 60.0
LEAVING_SECONDS = 5.0
"""How long a page that is left may take to reach another."""
FOR_A_TEST = (
    "--headless=new",
    "--ozone-platform=headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    f"--remote-debugging-port={DEBUGGING}",
)
PAGE = b"""<!doctype html><title>try</title><script type="module">
const tell = (what, said) => fetch(`/tell?${what}=${said}`, {method: "POST"});
const none = new Promise((done) => setTimeout(() => done("waits"), 20000));
const media = async (wanted) => {
  try {
    (await navigator.mediaDevices.getUserMedia(wanted)).getTracks().forEach((track) => track.stop());
    return "granted";
  } catch (error) { return error.name }
};
await tell("camera", await Promise.race([media({video: true}), none]));
await tell("microphone", await Promise.race([media({audio: true}), none]));
await tell("place", (await navigator.permissions.query({name: "geolocation"})).state);
await tell("notices", Notification.permission);
const frame = Object.assign(document.createElement("iframe"), {src: "http://127.0.0.1:8099/frame"});
document.body.append(frame);
await new Promise((done) => setTimeout(done, 500));
await tell("last", "done");
location.href = "http://127.0.0.1:8099/page";
</script>"""


class Ears(ThreadingHTTPServer):
    """A server on one of the hall's addresses that remembers what it heard."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Answer)
        self.heard: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    """Answers with the page that tries everything, and remembers who asked for what."""

    server: Ears

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self._answer(PAGE, "text/html")

    def do_POST(self) -> None:
        self.server.heard.append(self.path.partition("?")[2])
        self._answer(b"", "text/plain")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def bring_up_loopback() -> None:
    """Let 127.0.0.1 work in a fresh network namespace."""
    set_flags, up_and_running = 0x8914, 0x1 | 0x40
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


def lay_policies(policies: Path, folder: Path) -> None:
    """Put policies where Chromium and Chrome look, in a copy of /etc that only this namespace sees."""
    etc = folder / "etc"
    subprocess.run(["cp", "-a", "/etc", etc], check=False, capture_output=True)  # what we may not read stays behind
    for browser in ("chromium", "opt/chrome"):
        shutil.rmtree(etc / browser / "policies", ignore_errors=True)
        shutil.copytree(policies, etc / browser / "policies" / "managed")
    subprocess.run(["mount", "--bind", etc, "/etc"], check=True)


def main(folder: Path, start: str) -> None:
    bring_up_loopback()
    lay_policies(folder / "policies", folder)
    agent, stranger = Ears(AGENT), Ears(STRANGER)
    runtime = Path(tempfile.mkdtemp(prefix="vp-"))  # short, as a socket's name in it may be 108 long
    program = find_chromium()
    assert program is not None, "no Chromium; `make test` installs one"
    port = {"agent": AGENT, "stranger": STRANGER}[start]
    browser = Chromium(f"http://127.0.0.1:{port}/", runtime, str(program), FOR_A_TEST)
    until = time.monotonic() + PATIENCE_SECONDS
    while "last=done" not in agent.heard + stranger.heard and time.monotonic() < until:
        time.sleep(0.1)
    until = time.monotonic() + LEAVING_SECONDS
    while "/page" not in stranger.heard and time.monotonic() < until:
        time.sleep(0.1)
    wrote = len(os.listdir(browser.profile))
    with socket.socket() as probe:
        debugged = probe.connect_ex(("127.0.0.1", DEBUGGING)) == 0
    browser.end()
    found = {"agent": agent.heard, "stranger": stranger.heard, "debugged": debugged, "wrote": wrote}
    json.dump(found | {"left": os.listdir(runtime)}, sys.stdout)
    shutil.rmtree(runtime)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
