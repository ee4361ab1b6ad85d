"""The agent: leads the visit, keeps takes in memory, seals, and tells the screen what to show."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from kiosk.draft import Pole
from kiosk.events import (
    BeginTake,
    CaptureFailed,
    DropTakes,
    Effect,
    Event,
    Forget,
    PublicationArrived,
    Seal,
    Sealed,
    SealFailed,
    SpeechBegan,
    SpeechEnded,
    TakeFinished,
    Ticked,
    Touched,
    Trouble,
    Unpaired,
)
from kiosk.journey import Journey, Moment, advance, beginning
from kiosk.outbox import Outbox
from kiosk.scene import Scene, make_scene
from kiosk.shelf import Shelf
from kiosk.stage import Surroundings, render
from kiosk.take import Takes
from vertelpaal.assignment import PairingOffer
from vertelpaal.clock import Clock
from vertelpaal.errors import SettingsError, TooLarge, VertelpaalError
from vertelpaal.identifiers import new_id
from vertelpaal.keys import read_public_key
from vertelpaal.publication import Publication
from vertelpaal.visit import Ending
from vertelpaal.withdrawal import new_code

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1


class Agent:
    """One visit at a time; every event goes through `handle`, one after the other."""

    def __init__(
        self,
        *,
        clock: Clock,
        shelf: Shelf,
        outbox: Outbox,
        takes: Takes,
        show: Callable[[Scene], None],
        on_sealed: Callable[[], None],
        clock_offset: Callable[[], float | None],
        public_url: str | None,
    ) -> None:
        self._clock = clock
        self._shelf = shelf
        self._outbox = outbox
        self._takes = takes
        self._show = show
        self._on_sealed = on_sealed
        self._clock_offset = clock_offset
        self._public_url = public_url
        self._boot = new_id()
        self._lock = threading.RLock()
        self._sealing = threading.Lock()
        self._serial = 0
        self._offer: PairingOffer | None = None
        self._journey = beginning(shelf.publication() if shelf.token() else None, self._moment())
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)

    def start(self) -> None:
        """Let time pass."""
        self._ticker.start()

    def stop(self) -> None:
        """Stop the time; takes in memory are gone with it."""
        self._ended.set()
        self._takes.clear()

    def handle(self, event: Event) -> None:
        """Advance the journey, do what follows from it, and show what changed."""
        with self._lock:
            before = self._journey
            self._journey, effects = advance(before, event, self._moment())
            for effect in effects:
                self._do(effect)
            if _looks(before) != _looks(self._journey):
                self._serial += 1
                self._show(self.scene())

    def act(self, serial: int, action: str, text: str | None) -> None:
        """Take a touch; one meant for an earlier scene (a double tap) is ignored."""
        with self._lock:
            if serial == self._serial:
                self.handle(Touched(action, text))

    def speech(self, serial: int, playing: bool) -> None:
        """Hear that a video or prompt of the present scene began or came to its end."""
        with self._lock:
            if serial == self._serial:
                self.handle(SpeechBegan() if playing else SpeechEnded())

    def capture_failed(self, serial: int, device: str) -> None:
        """Hear that the camera or the microphone is not there."""
        with self._lock:
            if serial == self._serial:
                self.handle(CaptureFailed(Trouble.CAMERA if device == "camera" else Trouble.MICROPHONE))

    def chunk(self, take: UUID, index: int, data: bytes) -> bool:
        """Keep the next piece of the recording in memory; return whether it fitted."""
        try:
            self._takes.append(take, index, data)
        except TooLarge:
            self.handle(CaptureFailed(Trouble.TOO_LONG))
            return False
        except VertelpaalError as error:
            log.info("a chunk came that belongs nowhere: %s", error.code)
            return False
        return True

    def take_finished(self, take: UUID, chunks: int, media_type: str, seconds: float) -> None:
        """Hear that the browser sent its last chunk."""
        try:
            recording = self._takes.finish(take, chunks, media_type, seconds)
        except VertelpaalError as error:
            log.info("a take did not arrive whole: %s", error.code)
            self.handle(CaptureFailed(Trouble.MICROPHONE))
            return
        self.handle(TakeFinished(recording))

    def publication_arrived(self, publication: Publication) -> None:
        """Run another publication, from the next visit on."""
        with self._lock:
            if publication != (self._journey.next_publication or self._journey.publication):
                self.handle(PublicationArrived(publication))

    def pairing(self, offer: PairingOffer | None) -> None:
        """Show the code that staff type to pair the pole."""
        with self._lock:
            self._offer = offer
            if offer is not None:
                self.handle(Unpaired())
            self._serial += 1
            self._show(self.scene())

    def scene(self) -> Scene:
        """Return what the screen shows now."""
        with self._lock:
            assignment = self._shelf.assignment()
            surroundings = Surroundings(
                pairing_code=self._offer.user_code if self._offer else None,
                public_url=self._public_url or (assignment.public_url if assignment else None),
                library=self._journey.publication.library if self._journey.publication else "",
            )
            rendered = render(self._journey, surroundings)
            return make_scene(self._journey, self._serial, rendered.html, rendered.prompt)

    def _do(self, effect: Effect) -> None:
        match effect:
            case BeginTake(take, way):
                self._takes.begin(take, way)
            case DropTakes(takes):
                self._takes.drop(takes)
            case Forget():
                self._takes.clear()
            case Seal():
                media = {take: self._takes.read(take) for take in effect.draft.takes}
                threading.Thread(target=self._seal, args=(effect, media), name="seal").start()

    def _seal(self, seal: Seal, media: dict[UUID, bytes]) -> None:
        """Put the visit on the disk, and only then let the screen say thank you."""
        try:
            with self._sealing:
                self._seal_now(seal, media)
        except Exception as error:  # whatever it is, somebody waits for an answer and must not wait for ever
            log.error("a visit could not be sealed: %s", type(error).__name__)
            if seal.ending is Ending.THANKS:
                self.handle(SealFailed())
            return
        if seal.ending is Ending.THANKS:
            self.handle(Sealed())
        self._on_sealed()

    def _seal_now(self, seal: Seal, media: dict[UUID, bytes]) -> None:
        assignment = self._shelf.assignment()
        if assignment is None:
            raise SettingsError("no public key to seal to")
        pole = Pole(assignment.kiosk_id, self._boot, self._outbox.next_sequence(), self._clock_offset())
        visit = seal.draft.to_visit(seal.publication, seal.ending, seal.ended_at, pole)
        kept = {recording.id: media[recording.id] for recording in visit.recordings}
        self._outbox.put(visit, kept, [read_public_key(assignment.public_key)])

    def _moment(self) -> Moment:
        return Moment(self._clock.now(), self._clock.monotonic(), new_id(), new_code(secrets.randbits))

    def _tick(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            try:
                self.handle(Ticked())
            except Exception as error:  # time must go on: it is what makes the pole forget
                log.error("a tick failed: %s", type(error).__name__)


def _looks(journey: Journey) -> Journey:
    """Return the journey without what the screen does not show."""
    return replace(journey, touched=0.0, speaking_since=None, next_publication=None)
