"""Is somebody there? A small grey picture is held against how the room usually looks; no face is sought, none kept."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vertelpaal.clock import Clock

log = logging.getLogger(__name__)

Grey = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

WIDTH, HEIGHT = 64, 48
COMES_SECONDS = 0.8
GOES_SECONDS = 5.0
SETTLE_SECONDS = 1.5  # a camera that was just opened looks for its exposure
LEARN_SECONDS = 3.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
LET_GO_SECONDS = 2.0

ENTER_PART, STAY_PART = 0.04, 0.02  # of the picture; somebody fills as much at three metres, before a wide angle
ROOM_SECONDS = 20.0  # the pace at which the room's own slow changes are learned
ABSORB_SECONDS = 75.0  # after this, what stands perfectly still belongs to the room: a moved chair, not a visitor
ALIVE_SLOWER = 8.0  # so much longer for what stirs, as somebody does who reads or waits
STIR_SECONDS = 4.0
STIR_RATIO = 2.5  # to the noise of the camera in the rest of the picture
LEAST_STIR, MOST_STIR = 0.1, 100.0  # grey levels, squared; a chair that is put down does not stir for long
LEAST_DIFFERENCE = 0.1  # as a natural logarithm: a tenth lighter or darker than the surroundings say
DEVIATIONS = 3.0
MOST_VARIANCE_AT_FIRST = 0.01  # so that who walks by while the room gets known does not blind the pole there
DARKNESS = 16.0  # grey levels under which a difference is noise rather than a thing
SURROUNDINGS = 10.0


class Room:
    """How the room usually looks: of 64 × 48 places the detail, how much it varies and stirs, how long it is new."""

    def __init__(self) -> None:
        self._usual = np.zeros((HEIGHT, WIDTH), np.float32)
        self._variance = np.zeros((HEIGHT, WIDTH), np.float32)
        self._differs_for = np.zeros((HEIGHT, WIDTH), np.float32)
        self._stir = np.zeros((HEIGHT, WIDTH), np.float32)
        self._frame: Plane | None = None
        self._learned = 0.0

    @property
    def known(self) -> bool:
        """Return whether the room was looked at for long enough to tell what is new in it."""
        return self._learned >= LEARN_SECONDS

    def drop_frame(self) -> None:
        """Forget the latest frame, which is otherwise kept until the next one."""
        self._frame = None

    def compare(self, frame: Grey, seconds: float) -> float:
        """Return which part of the picture the largest new thing fills, and learn; `seconds` went by since the last."""
        detail = _detail(frame)
        self._feel(frame.astype(np.float32), seconds)
        if not self.known:
            self._learned += seconds
            self._learn(detail, seconds / self._learned if self._learned else 1.0, np.ones_like(detail, np.bool_))
            np.minimum(self._variance, MOST_VARIANCE_AT_FIRST, out=self._variance)
            return 0.0
        difference = detail - self._usual
        threshold = np.sqrt(np.maximum(LEAST_DIFFERENCE**2, DEVIATIONS**2 * self._variance))
        labels, boxes = _things(np.abs(difference) > threshold)
        self._age(labels, len(boxes), seconds)
        self._absorb(detail, difference)
        quiet = labels == 0
        for left, top, width, height, size in boxes[1:]:
            if size >= STAY_PART * WIDTH * HEIGHT:
                # Somebody in the room's colours has holes; learning through them would make the pole blind.
                quiet[top : top + height, left : left + width] = False
        self._learn(detail, min(seconds / ROOM_SECONDS, 1.0), quiet)
        return max((int(box[4]) for box in boxes[1:]), default=0) / (WIDTH * HEIGHT)

    def _feel(self, frame: Plane, seconds: float) -> None:
        """Follow how much each place stirs, apart from what the whole picture does together, as lamps make it."""
        if self._frame is not None:
            moved = frame - self._frame
            moved -= frame * (np.median(moved) / max(float(np.median(frame)), 1.0))
            self._stir += min(seconds / STIR_SECONDS, 1.0) * (np.minimum(moved**2, MOST_STIR) - self._stir)
        self._frame = frame

    def _age(self, labels: npt.NDArray[np.int32], things: int, seconds: float) -> None:
        """Count how long each place differs: slowly in a thing that stirs more than the rest of the picture does."""
        sizes = np.maximum(np.bincount(labels.ravel(), minlength=things), 1)
        stir = np.bincount(labels.ravel(), weights=self._stir.ravel(), minlength=things) / sizes
        pace = np.where(stir > STIR_RATIO * stir[0] + LEAST_STIR, 1 / ALIVE_SLOWER, 1.0)
        pace[0] = -0.1  # slower than what stirs gains: so a screen in the hall is learned, though at times as before
        self._differs_for = np.maximum(self._differs_for + seconds * pace[labels], 0).astype(np.float32)

    def _absorb(self, detail: Plane, difference: Plane) -> None:
        """Let what differs for so long belong to the room; the wide variance learns a flickering lamp or screen too."""
        old = self._differs_for > ABSORB_SECONDS
        self._usual[old] = detail[old]
        self._variance[old] = (difference[old] / 2) ** 2
        self._differs_for[old] = 0

    def _learn(self, detail: Plane, rate: float, where: npt.NDArray[np.bool_]) -> None:
        difference = np.where(where, detail - self._usual, 0)
        self._usual += rate * difference
        self._variance += np.where(where, rate * (difference**2 - self._variance), 0)


def _detail(frame: Grey) -> Plane:
    """Return how much lighter each place is than its surroundings: what things look like, whatever light falls on them.

    The logarithm turns light into a sum, of which a blur is the part that lamps, daylight and exposure change.
    """
    light = np.log(frame.astype(np.float32) + DARKNESS)
    return np.asarray(light - cv2.GaussianBlur(light, (0, 0), SURROUNDINGS), np.float32)


def _things(new: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return to which thing each place belongs, 0 being the room, and each one's left, top, width, height and size."""
    whole = cv2.medianBlur(new.astype(np.uint8), 3)
    whole = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(boxes, np.int32)


class Occupancy:
    """Says whether somebody is there, from grey frames and the seconds at which they were taken."""

    def __init__(self) -> None:
        self._room = Room()
        self._present: bool | None = None
        self._last: float | None = None
        self._settled_at = 0.0
        self._new_since: float | None = None
        self._new_at = 0.0

    def pause(self) -> None:
        """Stop looking: keep no frame and no answer, but remember the room."""
        self._room.drop_frame()
        self._present = None
        self._last = None

    def see(self, frame: Grey, at: float) -> bool | None:
        """Return whether somebody is there; None while the camera or the room is still getting known.

        Takes a picture of 64 × 48 in grey, and seconds of a clock that never runs backwards.
        """
        if self._last is None:
            self._last, self._settled_at, self._new_since = at, at + SETTLE_SECONDS, None
        seconds, self._last = min(max(at - self._last, 0.0), 1.0), at
        if at < self._settled_at:
            return None
        part = self._room.compare(frame, seconds)
        if self._room.known:
            self._present = self._decide(part, at)
        return self._present

    def _decide(self, part: float, at: float) -> bool | None:
        if part < (STAY_PART if self._present else ENTER_PART):
            self._new_since = None
            gone = self._present is None or at - self._new_at >= GOES_SECONDS
            return False if gone else self._present
        self._new_at = at
        self._new_since = at if self._new_since is None else self._new_since
        return True if at - self._new_since >= COMES_SECONDS else self._present


class Camera:
    """A camera, or a file of video in its place, from which come small grey pictures and nothing else."""

    def __init__(self, source: str) -> None:
        self._path = Path(f"/dev/video{source}" if source.isdecimal() else source)
        self._capture: cv2.VideoCapture | None = None

    def look(self) -> Grey | None:
        """Return a picture of 64 × 48 in grey; None where there is no camera, or it gives none any more."""
        try:
            if self._capture is None:
                self._capture = self._open()
            if self._capture is None:
                return None
            read, frame = self._capture.read()
            return shrink(frame) if read else None
        except cv2.error:
            return None

    def release(self) -> None:
        """Let others have the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open(self) -> cv2.VideoCapture | None:
        device = self._path.is_char_device()
        if not device and not self._path.is_file():  # OpenCV would take an address too, and go there
            return None
        # Seconds that an unplugged camera is waited for: ten otherwise, too long for who wants it back.
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # ours says it once
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_V4L2 if device else cv2.CAP_FFMPEG)
        if device:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, 320)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 240)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # more would be frames of a second ago
        return capture if capture.isOpened() else None


def shrink(frame: cv2.typing.MatLike) -> Grey:
    """Return a picture in colour as 64 × 48 in grey, in which noise is averaged out and nobody is to be known."""
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


class Presence:
    """Looks about five times a second, in a thread of its own, and tells when the answer changes.

    `on_change` hears True, False, or None when nobody looks, which also holds before its first call. It is called from
    that thread alone and without a lock, so it may wait for a thread that is in `let_go`; its latest word counts.
    """

    def __init__(
        self,
        *,
        source: str,
        on_change: Callable[[bool | None], None],
        clock: Clock,
        frame_seconds: float = 0.2,
        browser_seconds: float = 1.0,
    ) -> None:
        self._camera = Camera(source)
        self._on_change = on_change
        self._clock = clock
        self._frame_seconds = frame_seconds
        self._browser_seconds = browser_seconds  # what the browser may take to let go of the camera in its turn
        self._occupancy = Occupancy()
        self._told: bool | None = None
        self._allowed = True
        self._resting = False
        self._away = False
        self._wait = FIRST_WAIT
        self._device = threading.Lock()
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let go of the camera; takes four seconds at most."""
        self._ended.set()
        self.let_go()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=LET_GO_SECONDS)

    def let_go(self) -> bool:
        """Release the camera until `may_look`; return whether it is free, after two seconds at most."""
        self._allowed = False
        self._woken.set()
        if not self._device.acquire(timeout=LET_GO_SECONDS):
            log.error("the camera for presence is stuck; it is let go as soon as it answers")
            return False
        try:
            self._camera.release()
        finally:
            self._device.release()
        return True

    def may_look(self) -> None:
        """Allow the camera to be opened again."""
        if not self._allowed:
            self._allowed = True
            self._woken.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            try:
                pause = self._step()
            except Exception as error:
                pause = self._miss(f"stumbled: {type(error).__name__}")
            self._woken.wait(pause)
        self._release()

    def _step(self) -> float | None:
        """Look once and tell; return for how many seconds to wait, or None for as long as nobody calls."""
        if not self._allowed:
            self._resting = True
            self._release()  # it may have been stuck, and who wanted it stopped waiting
            self._occupancy.pause()
            self._tell(None)
            return None
        if self._resting:
            self._resting = False
            return self._browser_seconds
        with self._device:
            if not self._allowed:
                return 0.0
            frame = self._camera.look()
        if frame is None:
            return self._miss("gives no picture")
        answer = self._occupancy.see(frame, self._clock.monotonic())
        if self._away and answer is not None:
            log.info("the camera for presence is back")
            self._away, self._wait = False, FIRST_WAIT
        self._tell(answer)
        return self._frame_seconds

    def _miss(self, reason: str) -> float:
        """Do as if presence were off, and return after how long to try again."""
        self._release()
        self._occupancy.pause()
        if not self._away:
            log.warning("the camera for presence %s; it is tried again until it does", reason)
            self._away = True
        self._tell(None)
        wait, self._wait = self._wait, min(self._wait * 2, LONGEST_WAIT)
        return wait

    def _release(self) -> None:
        with self._device:
            self._camera.release()

    def _tell(self, answer: bool | None) -> None:
        if answer == self._told:
            return
        self._told = answer
        try:
            self._on_change(answer)
        except Exception as error:
            log.error("presence was not heard: %s", type(error).__name__)
