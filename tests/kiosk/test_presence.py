"""Is somebody there? Halls, visitors, lamps and chairs are drawn, and looked at as a camera would."""

from __future__ import annotations

import itertools
import os
import pickle
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from kiosk.presence import Camera, Occupancy, Presence, shrink
from setup.layout import ROOT
from tests.makers import HandClock

WIDTH, HEIGHT, FPS = 320, 240, 5
Scene = Callable[[float], Any]
"""What the camera sees at each second."""
Hear = Callable[[bool | None], None]


def create_hall(chair: int | None = None) -> Any:
    """Return an empty hall with book shelves, and a chair at a place if one is given."""
    books, hall = np.random.default_rng(3), np.full((HEIGHT, WIDTH), 150, np.float32)
    hall[170:] = 95
    for left, top in itertools.product(range(10, 310, 12), (20, 60, 100)):
        hall[top : top + 32, left : left + 9] = books.integers(50, 210)
    if chair is not None:
        cv2.rectangle(hall, (chair, 120), (chair + 60, 210), 50, -1)
    return hall


def with_visitor(hall: Any, at: float, clothes: int = 70, up: float = 0.0) -> Any:
    """Return the hall with somebody in it, placed to a sixteenth of a pixel."""
    seen = hall.copy()

    def place(x: float, y: float) -> tuple[int, int]:
        return round((at + x) * 16), round((y + up) * 16)

    cv2.ellipse(seen, place(0, 75), (18 * 16, 24 * 16), 0, 0, 360, 170, -1, cv2.LINE_AA, 4)
    cv2.ellipse(seen, place(0, 65), (19 * 16, 16 * 16), 0, 180, 360, 40, -1, cv2.LINE_AA, 4)
    cv2.rectangle(seen, place(-35, 102), place(35, 260), clothes, -1, cv2.LINE_AA, 4)
    cv2.rectangle(seen, place(-8, 102), place(8, 260), clothes + 60, -1, cv2.LINE_AA, 4)
    return seen


def film(scene: Scene, seconds: float, noise: float = 4.0) -> Iterator[Any]:
    """Yield five noisy pictures a second of a scene."""
    grains = np.random.default_rng(1).normal(0, noise, (8, HEIGHT, WIDTH)).astype(np.float32)
    for index in range(round(seconds * FPS)):
        yield np.clip(scene(index / FPS) + grains[index % 8], 0, 255).astype(np.uint8)


def watch(
    scene: Scene, seconds: float, noise: float = 4.0, occupancy: Occupancy | None = None
) -> dict[float, bool | None]:
    """Return each answer that was another one than before, at its second."""
    occupancy = occupancy or Occupancy()
    answers: dict[float, bool | None] = {-1: None}
    for index, picture in enumerate(film(scene, seconds, noise)):
        answer = occupancy.see(shrink(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)), 5000 + index / FPS)
        if answer != list(answers.values())[-1]:
            answers[index / FPS] = answer
    del answers[-1]
    return answers


EMPTY, WITH_CHAIR = create_hall(), create_hall(chair=30)


def visit(stays: float, sway: float = 1.0, clothes: int = 70) -> Scene:
    """Return a hall that somebody walks into from second 10 to 12, stands in, and leaves in two seconds."""

    def scene(second: float) -> Any:
        if second < 10 or second > 14 + stays:
            return EMPTY
        if second < 12:
            return with_visitor(EMPTY, -40 + 100 * (second - 10), clothes)
        if second > 12 + stays:
            return with_visitor(EMPTY, 160 + 100 * (second - 12 - stays), clothes)
        return with_visitor(EMPTY, 160 + sway * np.sin(1.9 * second), clothes, sway / 2 * np.sin(1.7 * second))

    return scene


@pytest.mark.parametrize(("light", "noise"), [(1.0, 0.0), (1.0, 4.0), (1.0, 12.0), (0.08, 5.0)])
def test_an_empty_hall_is_empty_by_day_and_in_the_dark(light: float, noise: float) -> None:
    answers = watch(lambda second: EMPTY * light, 40, noise)
    assert list(answers.values()) == [False]
    assert min(answers) < 5, "the hall is known after some seconds"


@pytest.mark.parametrize("clothes", [40, 70, 110, 150])
def test_who_walks_in_is_there_and_who_leaves_is_gone_soon_after(clothes: int) -> None:
    answers = watch(visit(stays=20, clothes=clothes), 50)
    assert list(answers.values()) == [False, True, False]
    _, comes, goes = answers
    assert 10.8 <= comes <= 12
    assert 34 + 4 <= goes <= 34 + 6


@pytest.mark.parametrize(("stays", "sway", "flicker"), [(240, 1.0, 0.0), (240, 1.0, 0.1), (64, 0.0, 0.0)])
def test_who_stands_and_reads_is_there_for_minutes_and_a_statue_for_one(
    stays: int, sway: float, flicker: float
) -> None:
    reader = visit(stays, sway)
    answers = watch(lambda second: reader(second) * (1 + flicker * np.sin(9 * second)), 12 + stays)
    assert list(answers.values()) == [False, True]


ACROSS, DOWN = np.arange(WIDTH)[None, :], np.arange(HEIGHT)[:, None]
WINDOW = 0.6 * np.linspace(1.0, 0.4, WIDTH)[None, :]
LAMP = np.exp(-((ACROSS - 80) ** 2 + (DOWN - 160) ** 2) / 2500)
ELSEWHERE = np.random.default_rng(9).integers(30, 220, (24, 32)).repeat(10, 0).repeat(10, 1).astype(np.float32)
GAMMA = 255 * (EMPTY / 255) ** 0.7


NOBODY: dict[str, Scene] = {
    "the sun rises": lambda second: EMPTY * (0.6 + WINDOW * second / 300),
    "the sun sets": lambda second: EMPTY * (1 - WINDOW * second / 200),
    "the lights go on": lambda second: EMPTY * (0.4 if second < 100 else 1.2),
    "the camera sees otherwise": lambda second: EMPTY if second < 100 else GAMMA,
    "a lamp flickers": lambda second: EMPTY * (1 + 0.2 * np.sin(9 * second)),
    "bands go by": lambda second: EMPTY * (1 + 0.08 * np.sin(DOWN / 40 + 7 * second)),
    "a child runs by": lambda second: with_visitor(EMPTY, 160) if 100 < second < 100.7 else EMPTY,
}


@pytest.mark.parametrize("scene", NOBODY.values(), ids=NOBODY)
def test_light_is_nobody_and_neither_is_who_runs_by(scene: Scene) -> None:
    assert list(watch(scene, 200).values()) == [False]


LASTING: dict[str, Scene] = {
    "a chair is moved": lambda second: create_hall(chair=220),
    "a chair under a bad lamp": lambda second: create_hall(chair=150) * (1 + 0.1 * np.sin(9 * second)),
    "a lamp in a corner": lambda second: WITH_CHAIR * (1 + 1.5 * LAMP),
    "a broken lamp": lambda second: WITH_CHAIR * (1 + 0.25 * np.sin(DOWN / 40 + 7.3 * second)),
    "the camera hangs elsewhere": lambda second: ELSEWHERE,
}


@pytest.mark.parametrize("change", LASTING.values(), ids=LASTING)
def test_what_changes_for_good_is_learned_within_two_minutes_and_a_visitor_is_still_seen(change: Scene) -> None:
    def scene(second: float) -> Any:
        hall = change(second) if second >= 10 else WITH_CHAIR
        return 0.6 * (with_visitor(hall, 150) if second >= 150 else hall)

    answers = watch(scene, 155)
    assert list(answers.values()) == [False, True, False, True]
    _, _, learned, seen = answers
    assert learned < 130
    assert 150 < seen < 152


def test_a_screen_in_the_hall_is_learned_within_ten_minutes_and_a_visitor_is_still_seen() -> None:
    pictures = np.random.default_rng(5).integers(20, 230, (4, 6, 4)).astype(np.float32).repeat(16, 1).repeat(16, 2)

    def scene(second: float) -> Any:
        hall = EMPTY.copy()
        hall[20:116, 230:294] = pictures[int(second / 5) % 4]
        return hall if second < 600 else with_visitor(hall, 120)

    answers = watch(scene, 610)
    *_, learned, seen = answers
    assert learned < 500
    assert 600 < seen < 602


def test_who_walks_by_at_the_start_does_not_blind_the_pole() -> None:
    def scene(second: float) -> Any:
        return with_visitor(EMPTY, 60 * second - 40 if second < 6 else 160) if second < 6 or second > 30 else EMPTY

    *_, (second, answer) = watch(scene, 35).items()
    assert (second < 32, answer) == (True, True)


def test_the_room_is_remembered_through_a_pause_and_nothing_else() -> None:
    occupancy = Occupancy()
    assert list(watch(lambda second: EMPTY, 20, occupancy=occupancy).values()) == [False]
    looking = len(pickle.dumps(occupancy))
    watch(visit(stays=1), 12, occupancy=occupancy)
    assert len(pickle.dumps(occupancy)) - looking < 100, "what is kept does not grow with what is seen"
    occupancy.pause()
    assert len(pickle.dumps(occupancy)) < looking - 64 * 48, "the latest frame is gone"
    somebody = watch(lambda second: with_visitor(EMPTY, 160 + np.sin(2 * second)) * 1.2, 10, occupancy=occupancy)
    assert list(somebody.values()) == [True], "who stood there when looking began is not the room"
    occupancy.pause()
    opening = watch(lambda second: EMPTY * (second > 1), 10, occupancy=occupancy)
    assert list(opening.values()) == [False], "a camera that opens is dark at first"


def create_video(path: Path, scene: Scene, seconds: float) -> Path:
    """Write a film of a scene."""
    with av.open(str(path), "w", format="matroska") as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in film(scene, seconds):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray8")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film in which somebody comes, stands for 10 s and leaves."""
    return create_video(tmp_path_factory.mktemp("films") / "visited.mkv", visit(stays=10), 34)


@pytest.fixture(scope="module")
def long_hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of an empty hall that outlasts a test."""
    return create_video(tmp_path_factory.mktemp("films") / "hall.mkv", lambda second: EMPTY, 400)


def is_open(path: Path) -> bool:
    """Return whether this process has the file open."""
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if file.samefile(path):
                return True
    return False


def eventually(true: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Return whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


class FrameClock(HandClock):
    """A clock on which a fifth of a second goes by between one look and the next."""

    def monotonic(self) -> float:
        self.forward(1 / FPS)
        return self.seconds


@contextmanager
def looking(source: Path, on_change: Hear = lambda answer: None, **seconds: float) -> Iterator[Presence]:
    """Start presence, and see to it that its thread ends."""
    before = set(threading.enumerate())
    pace = {"frame_seconds": 0.01, **seconds}  # twenty times as fast
    presence = Presence(source=str(source), on_change=on_change, clock=FrameClock(), **pace)
    presence.start()
    try:
        yield presence
    finally:
        began = time.monotonic()
        presence.stop()
        assert time.monotonic() - began < 0.9
        assert set(threading.enumerate()) <= before
        assert not is_open(source)


def test_what_is_no_camera_shows_nothing_and_an_address_is_never_called(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no film")
    os.mkfifo(tmp_path / "pipe")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/camera.mkv"
        for source in ("97", "/dev/null", str(tmp_path), str(tmp_path / "words"), str(tmp_path / "pipe"), address):
            assert Camera(source).look() is None, source
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_who_comes_and_goes_is_told_until_the_camera_is_unplugged(
    visited: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[bool | None] = []

    def on_change(answer: bool | None) -> None:
        heard.append(answer)
        if answer:
            raise ValueError("a listener that stumbles hears the next news all the same")

    with looking(visited, on_change):
        assert eventually(lambda: len(heard) == 4)
        assert not is_open(visited)
    assert heard == [False, True, False, None]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_camera_that_is_missing_is_told_once_in_the_log_and_heals(
    tmp_path: Path, visited: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "kiosk.presence")
    source = tmp_path / "camera.mkv"
    heard: list[bool | None] = []
    with looking(source, heard.append):
        time.sleep(1.5)  # two tries, of which one is told
        assert heard == []
        source.hardlink_to(visited)
        assert eventually(lambda: True in heard)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert heard[:2] == [False, True]


def test_tries_are_made_after_growing_pauses(tmp_path: Path) -> None:
    presence = Presence(source=str(tmp_path / "none"), on_change=lambda answer: None, clock=FrameClock())
    assert [presence._miss("is not there") for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    presence.stop()  # though it never began


def test_the_camera_is_let_go_at_once_and_looked_through_again_when_allowed(long_hall: Path) -> None:
    heard: list[bool | None] = []
    with looking(long_hall, heard.append) as presence:
        assert eventually(lambda: heard == [False])
        assert is_open(long_hall)
        assert presence.let_go()
        assert not is_open(long_hall)
        assert eventually(lambda: heard == [False, None])
        time.sleep(0.3)
        assert not is_open(long_hall)
        presence.may_look()
        assert eventually(lambda: heard == [False, None, False])
        assert is_open(long_hall)


def test_letting_go_and_looking_may_be_asked_by_many_at_any_time(long_hall: Path) -> None:
    def ask(seed: int) -> int:
        chance, opened = random.Random(seed), 0
        for _ in range(150):
            chance.choice([presence.let_go, presence.may_look])()
            time.sleep(chance.random() / 50)
            opened += is_open(long_hall)
        return opened

    with looking(long_hall, frame_seconds=0.001, browser_seconds=0.0) as presence:
        with ThreadPoolExecutor(4) as askers:
            assert sum(askers.map(ask, range(4))) > 0
        assert presence.let_go()
        assert not is_open(long_hall)
        presence.may_look()
        assert eventually(lambda: is_open(long_hall))
    assert presence.let_go()
    presence.may_look()
    assert not is_open(long_hall)


def test_letting_go_does_not_wait_for_who_is_being_told(long_hall: Path) -> None:
    agent, told = threading.Lock(), threading.Event()

    def on_change(answer: bool | None) -> None:
        told.set()
        with agent:
            pass

    with looking(long_hall, on_change) as presence, agent:
        assert told.wait(15)
        began = time.monotonic()
        assert presence.let_go()
        assert time.monotonic() - began < 1
        assert not is_open(long_hall)


def test_a_camera_that_is_stuck_holds_nobody_up_for_long(long_hall: Path) -> None:
    with looking(long_hall) as presence:
        assert eventually(lambda: is_open(long_hall))
        with presence._device:  # as a read that hangs has it
            began = time.monotonic()
            assert not presence.let_go()
            assert 1.5 < time.monotonic() - began < 3
        assert eventually(lambda: not is_open(long_hall)), "it is let go as soon as it answers"


LOOK_AND_TELL = """
import resource, sys
from tests.kiosk.test_presence import Path, eventually, looking
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
heard = []
with looking(Path(sys.argv[1]), heard.append):
    eventually(lambda: None in heard)
print(heard)
"""


def test_nothing_is_written_to_a_disk(visited: Path, tmp_path: Path) -> None:
    places = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", LOOK_AND_TELL, str(visited)]
    said = subprocess.run(command, cwd=tmp_path, env=os.environ | places, capture_output=True, text=True, check=True)
    assert said.stdout == "[False, True, False, None]\n"
    assert list(tmp_path.iterdir()) == []
    assert list(visited.parent.iterdir()) == [visited]
