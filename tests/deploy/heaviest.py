"""The heaviest that each service does, in a folder: `python -m tests.deploy.heaviest SERVICE FOLDER`; says "done"."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def server(folder: Path) -> None:
    """Hash a password, draw a chart, set a PDF."""
    import argon2
    import typst
    import vl_convert

    argon2.PasswordHasher().hash("een wachtwoord")
    chart = {"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a"}}}
    assert vl_convert.vegalite_to_svg(chart)
    (folder / "page.typ").write_text("= Rapport\n", encoding="utf-8")
    assert typst.compile(str(folder / "page.typ"))


def worker(folder: Path) -> None:
    """Open an envelope, decode its video in a child, listen with the speech model."""
    from models.store import find_model
    from server.database import Database, make_engine
    from server.migrations import migrate
    from server.speech.whisper import load_whisper
    from tests.makers import HandClock, create_library, create_visit
    from tests.media import filmed_recording

    engine = make_engine(f"sqlite:///{folder / 'vertelpaal.sqlite'}")
    migrate(engine)
    library = create_library(Database(engine), folder, HandClock())
    recording, data = filmed_recording(2.0)
    library.deliver(create_visit(library.kiosk_id, recording=recording), {recording.id: data})
    (video,) = (folder / "media").glob("*.mp4")
    model = find_model(folder / "models", "mini", "cpu")
    assert model is not None
    load_whisper(model, "cpu").transcribe(video, "nl")


def agent(folder: Path) -> None:
    """Start a pole and show its screen."""
    import cv2
    import numpy as np

    from kiosk.app import create_app
    from kiosk.config import KioskSettings

    app = create_app(KioskSettings(home=folder, server_url="http://127.0.0.1:9"))
    app.extensions["kiosk"].start()
    assert app.test_client().get("/", headers={"Host": "127.0.0.1:8077"}).status_code == 200
    app.extensions["kiosk"].stop()
    assert cv2.resize(np.zeros((8, 8, 3), np.uint8), (4, 4)).shape == (4, 4, 3)


def nightly(_folder: Path) -> None:
    """Let a child build its wall, as the nightly check does."""
    from server.decoding.decoder import Decoder

    assert Decoder().check() is None


def backup(folder: Path) -> None:
    """Seal a database and the sealed bytes that wait into one file, and remove an old one, as the unit does."""
    from pyrage import x25519

    from server.backup.backup import back_up, remove_older_backups
    from server.backup.places import Places
    from server.config import ServerSettings
    from server.database import Database, make_engine
    from server.migrations import migrate
    from tests.makers import WITHDRAWAL_KEY, HandClock, create_library, create_visit, seal
    from vertelpaal.clock import SystemClock

    settings = ServerSettings(home=folder, withdrawal_key=WITHDRAWAL_KEY.decode())
    engine = make_engine(settings.database)
    migrate(engine)
    library = create_library(Database(engine), folder / "server", HandClock())
    visit = create_visit(library.kiosk_id)
    library.receive(visit.id, seal(visit, {}, library.identity.to_public()))
    (folder / "2020-01-01.age").touch()
    os.utime(folder / "2020-01-01.age", (1, 1))
    made, key = folder / "night.age", x25519.Identity.generate().to_public()
    back_up(Database(engine), Places.of(settings), key, WITHDRAWAL_KEY, SystemClock(), made, with_secrets=False)
    assert made.stat().st_size > 0
    assert remove_older_backups(made, settings.backup_kept, SystemClock().now()) == ["2020-01-01.age"]


if __name__ == "__main__":
    jobs = {"server": server, "worker": worker, "agent": agent, "nightly": nightly, "backup": backup}
    jobs[sys.argv[1]](Path(sys.argv[2]))
    print("done")
