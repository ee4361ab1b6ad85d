"""Server, worker and pole of the sample library as processes: started, watched and stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests
from sqlalchemy import func, select

from sample.library import PreparedLibrary, Say
from server.database import Database, make_engine
from server.intake.pairing import approve_pairing
from server.tables import BranchRow, EnvelopeRow, EnvelopeState, PairingRow
from vertelpaal.clock import SystemClock
from vertelpaal.errors import SettingsError

PATIENCE_SECONDS = 60.0
NO_PROGRESS_SECONDS = 30.0
GOODBYE_SECONDS = 8.0
MAX_RESTARTS = 5
PROCESSES = ("server", "worker", "kiosk")


class Household:
    """The three processes of the sample library, each in a session of its own so that we say when it ends."""

    def __init__(self, home: Path, library: PreparedLibrary) -> None:
        self._home = home
        self._library = library
        self._server_port = library.settings.server_port
        self._kiosk_port = int(os.environ.get("VERTELPAAL_KIOSK_PORT") or 8077)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._restarts = 0

    def start(self, *, say: Say, ended: threading.Event) -> None:
        """Start everything, pair the pole with Roden, and wait until each answers."""
        for port, setting in ((self._server_port, "SERVER"), (self._kiosk_port, "KIOSK")):
            _check_free(port, setting)
        say("Starting server, worker and pole …")
        for name in PROCESSES:
            self.launch(name)
        self._wait(lambda: self._answers(f"{self.server_url}/gezond"), "the server", ended)
        self._wait(lambda: self._answers(self.kiosk_url), "the pole", ended)
        self._wait(self._is_paired, "the pairing of the pole", ended)

    def open_visits(self, *, say: Say, ended: threading.Event) -> None:
        """Wait until the worker has opened what was delivered, so that whoever looks now finds it; it may be slow."""
        database = Database(make_engine(self._library.settings.database))
        waiting = _count_waiting(database)
        if waiting:
            say(f"Opening {waiting} visits …")
        until = time.monotonic() + NO_PROGRESS_SECONDS
        while waiting and not ended.wait(0.5):
            left = _count_waiting(database)
            if left < waiting:
                if left // 100 < waiting // 100:
                    say(f"  {left} to go")
                waiting, until = left, time.monotonic() + NO_PROGRESS_SECONDS
            elif time.monotonic() > until:
                say(f"{waiting} visits wait for the worker; see {self._home}/logs/worker.log")
                break
        database.engine.dispose()

    @property
    def server_url(self) -> str:
        """Return the address of the server."""
        return f"http://127.0.0.1:{self._server_port}"

    @property
    def kiosk_url(self) -> str:
        """Return the address of the pole's screen."""
        return f"http://127.0.0.1:{self._kiosk_port}/"

    def addresses(self) -> str:
        """Say where everything is and how to sign in."""
        return f"""
  De Bieb Vertelpaal, sample library. The speech model knows only the sample sentences.

    the pole     {self.kiosk_url}
    the admin    {self.server_url}/antwoorden
    the report   {self.server_url}/rapport
    withdrawal   {self.server_url}/intrekken

    sign in with {self._library.email}
    password     {self._library.password}

  Data and logs: {self._home}
  Ctrl-C stops everything.
"""

    def watch(self, ended: threading.Event, *, say: Say) -> None:
        """Start again what ends by itself, until told to end."""
        while not ended.wait(0.5):
            for name, process in self._processes.items():
                if process.poll() is None:
                    continue
                self._restarts += 1
                if self._restarts > MAX_RESTARTS:
                    raise SettingsError(f"the {name} keeps ending; see {self._log(name)}")
                say(f"The {name} ended with status {process.returncode}; starting it again.")
                self.launch(name)

    def launch(self, name: str) -> None:
        """Start one process; what it says goes to its log."""
        self._log(name).parent.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "VERTELPAAL_HOME": str(self._home),
            "VERTELPAAL_SERVER_PORT": str(self._server_port),
            "VERTELPAAL_KIOSK_PORT": str(self._kiosk_port),
            "VERTELPAAL_SERVER_URL": self.server_url,
            "VERTELPAAL_PUBLIC_URL": self.server_url,
            "VERTELPAAL_UPLINK_SECONDS": "5",
        }
        with open(self._log(name), "ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "vertelpaal", name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def process_id(self, name: str) -> int:
        """Return the id of a process that was launched."""
        return self._processes[name].pid

    def kill(self, name: str) -> None:
        """Take one process and its children away without a word, as a power cut does."""
        process = self._processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End every process that we started, and see that it is gone."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + GOODBYE_SECONDS
        for process in self._processes.values():
            try:
                process.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _wait(self, ready: Callable[[], bool], what: str, ended: threading.Event) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not ready():
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise SettingsError(f"the {name} did not start: {_last_line(self._log(name))}")
            if time.monotonic() > until:
                raise SettingsError(f"{what} did not come within {PATIENCE_SECONDS:g} seconds; see {self._home}/logs")
            if ended.wait(0.2):
                return

    def _answers(self, url: str) -> bool:
        try:
            return requests.get(url, timeout=2, allow_redirects=False).status_code == 200
        except requests.RequestException:
            return False

    def _is_paired(self) -> bool:
        """Type the pole's code, as staff do in the admin."""
        if (self._home / "kiosk" / "token.json").exists():
            return True
        database = Database(make_engine(self._library.settings.database))
        with database.transaction() as session:
            code = session.scalar(select(PairingRow.user_code).where(PairingRow.branch_id.is_(None)))
            if code is not None:
                branch = session.scalars(select(BranchRow).where(BranchRow.slug == "roden")).one()
                approve_pairing(session, code, branch, SystemClock().now())
        database.engine.dispose()
        return False

    def _log(self, name: str) -> Path:
        return self._home / "logs" / f"{name}.log"


def _count_waiting(database: Database) -> int:
    with database.reading() as session:
        received = select(func.count()).where(EnvelopeRow.state == EnvelopeState.RECEIVED)
        return session.scalar(received) or 0


def _check_free(port: int, setting: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(
                f"port {port} is in use; does a demo run already? Another port: VERTELPAAL_{setting}_PORT"
            ) from error


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
