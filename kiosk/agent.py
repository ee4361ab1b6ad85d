"""The agent: leads the visit, keeps takes in memory, seals, and tells the screen what to show."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from kiosk.advance import advance
from kiosk.conditions import NOMINAL, RESERVED_BYTES, Conditions, Device, Room, room_of
from kiosk.draft import Pole
from kiosk.events import (
    BeginTake,
    CaptureFailed,
    ConditionsChanged,
    DropTakes,
    Effect,
    Event,
    Forget,
    PublicationArrived,
    Remark,
    Seal,
    Sealed,
    SealFailed,
    SoundHeard,
    SpeechBegan,
    SpeechEnded,
    Stirred,
    TakeFinished,
    Ticked,
    Touched,
    Unpaired,
)
from kiosk.journey import DEFAULT_VOLUME, Journey, Moment, Screen, beginning
from kiosk.offers import actions
from kiosk.outbox import Outbox
from kiosk.scene import Scene, capture_of, make_scene
from kiosk.shelf import Shelf
from kiosk.stage import Surroundings, render
from kiosk.take import Takes
from vertelpaal.assignment import Activity, PairingOffer
from vertelpaal.clock import Clock
from vertelpaal.errors import SettingsError, StorageFull, TooLarge, VertelpaalError
from vertelpaal.identifiers import new_id
from vertelpaal.keys import read_public_key
from vertelpaal.publication import Publication
from vertelpaal.visit import Ending, Way
from vertelpaal.withdrawal import new_code
from vertelpaal.words import Language

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
LOOK_SECONDS = 2.0
"""How often the pole looks at its disk and its clock for what it can do."""


class Onlooker(Protocol):
    """Who looks whether somebody is there, and lets go of the camera when the browser wants it."""

    def let_go(self) -> bool:
        """Release the camera before this returns; say whether it is free."""

    def may_look(self) -> None:
        """Look again."""


class Agent:
    """One visit at a time; every event goes through `handle`, one after the other."""

    def __init__(
        self,
        *,
        clock: Clock,
        shelf: Shelf,
        outbox: Outbox,
        takes: Takes,
        languages: tuple[Language, ...],
        free_bytes: Callable[[], int],
        show: Callable[[Scene], None],
        tell_volume: Callable[[int], None],
        on_sealed: Callable[[], None],
        clock_offset: Callable[[], float | None],
        public_url: str | None,
        onlooker: Onlooker | None = None,
    ) -> None:
        self._clock = clock
        self._shelf = shelf
        self._outbox = outbox
        self._takes = takes
        self._free_bytes = free_bytes
        self._show = show
        self._tell_volume = tell_volume
        self._on_sealed = on_sealed
        self._clock_offset = clock_offset
        self._public_url = public_url
        self._onlooker = onlooker
        self._boot = new_id()
        self._lock = threading.RLock()
        self._sealing = threading.Lock()
        self._serial = 0
        self._offer: PairingOffer | None = None
        self._looked = clock.monotonic()
        self._most = Room.VIDEO
        """What could be reserved in this visit, whatever the disk says is free."""
        self._journey = beginning(
            shelf.publication() if shelf.token() else None,
            self._moment(),
            Conditions(languages=languages, room=self._room()),
        )
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
            if before.volume != self._journey.volume and self._journey.draft is not None:
                self._tell_volume(self._journey.volume)
            if _looks(before) != _looks(self._journey):
                self._serial += 1
                self._share_the_camera()
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

    def stir(self) -> None:
        """Hear that somebody touched something that is no control, such as a key."""
        self.handle(Stirred())

    def devices(self, found: frozenset[Device]) -> None:
        """Hear which devices the browser finds."""
        with self._lock:
            self._change(replace(self._journey.conditions, devices=found))

    def presence(self, present: bool | None) -> None:
        """Hear whether somebody is seen; None when nobody can tell."""
        with self._lock:
            self._change(replace(self._journey.conditions, present=present))

    def sound_heard(self, serial: int, heard: bool) -> None:
        """Hear that the microphone hears nothing in the preview, or something again."""
        with self._lock:
            if serial == self._serial or heard:
                self.handle(SoundHeard(heard))

    def capture_failed(self, serial: int, device: str) -> None:
        """Hear that the camera or the microphone is not there."""
        with self._lock:
            if serial == self._serial:
                self.handle(CaptureFailed(Remark.CAMERA if device == "camera" else Remark.MICROPHONE))

    def chunk(self, take: UUID, index: int, data: bytes) -> bool:
        """Keep the next piece of the recording in memory; return whether it fitted."""
        try:
            self._takes.append(take, index, data)
        except TooLarge:
            self._take_failed(take, Remark.TOO_LONG)
            return False
        except VertelpaalError as error:
            log.info("a chunk came that belongs nowhere: %s", error.code)
            return False
        return True

    def take_finished(self, take: UUID, chunks: int, media_type: str, seconds: float, heard: bool) -> None:
        """Hear that the browser sent its last chunk."""
        try:
            recording = self._takes.finish(take, chunks, media_type, seconds)
        except VertelpaalError as error:
            log.info("a take did not arrive whole: %s", error.code)
            self._take_failed(take, Remark.INTERRUPTED)
            return
        self.handle(TakeFinished(recording, heard))

    def _take_failed(self, take: UUID, remark: Remark) -> None:
        """End a recording that cannot go on; what comes late about an earlier one ends nothing."""
        with self._lock:
            if take == self._journey.take:
                self.handle(CaptureFailed(remark))

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
            if self._journey.screen is Screen.WAITING:
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
                self._begin_take(take, way)
            case DropTakes(takes):
                self._takes.drop(takes)
            case Forget():
                self._most = Room.VIDEO
                self._takes.clear()
            case Seal():
                media = {take: self._takes.read(take) for take in effect.draft.takes}
                threading.Thread(target=self._seal, args=(effect, media), name="seal").start()

    def _begin_take(self, take: UUID, way: Way) -> None:
        """Open a take that has its room on the disk already; without room, offer what still fits."""
        room = Room.VIDEO if way is Way.VIDEO else Room.VOICE
        try:
            self._outbox.reserve(RESERVED_BYTES[room])
        except (OSError, StorageFull) as error:
            log.warning("no room for a recording: %s", error)
            self._most = Room(room - 1)
            self._change(self._look(self._journey.conditions))
            self.handle(CaptureFailed(Remark.INTERRUPTED))
        else:
            self._takes.begin(take, way)

    def _room(self) -> Room:
        """Return what fits, and hold the room of a visit without recordings for whoever comes."""
        try:
            self._outbox.reserve(RESERVED_BYTES[Room.TEXT])
        except (OSError, StorageFull):
            return Room.NONE
        return min(room_of(self._free_bytes()), self._most)

    def _seal(self, seal: Seal, media: dict[UUID, bytes]) -> None:
        """Put the visit on the disk, and only then let the screen say thank you."""
        try:
            with self._sealing:
                self._seal_now(seal, media)
        except Exception as error:  # whatever it is, somebody waits for an answer and must not wait for ever
            log.error("a visit could not be sealed: %s", type(error).__name__)
            if seal.ending is Ending.THANKS:
                self.handle(SealFailed(seal.draft.id))
            return
        if seal.ending is Ending.THANKS:
            self.handle(Sealed(seal.draft.id))
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

    def _change(self, conditions: Conditions) -> None:
        if conditions != self._journey.conditions:
            self.handle(ConditionsChanged(conditions))

    def _look(self, conditions: Conditions) -> Conditions:
        """Return what the pole can do, as its disk and its clock say now."""
        return replace(conditions, room=self._room(), activities=self._running_activities())

    def _running_activities(self) -> tuple[Activity, ...]:
        assignment = self._shelf.assignment()
        now = self._clock.now() + timedelta(seconds=self._clock_offset() or 0.0)
        planned = assignment.activities if assignment else ()
        return tuple(activity for activity in planned if activity.starts_at <= now < activity.ends_at)

    def _share_the_camera(self) -> None:
        """Let the browser have the camera while it previews or records, and the onlooker otherwise."""
        if self._onlooker is None:
            return
        if capture_of(self._journey) is None:
            self._onlooker.may_look()
        else:
            self._onlooker.let_go()

    def _look_now_and_then(self) -> None:
        if self._clock.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = self._clock.monotonic()
        with self._lock:
            self._change(self._look(self._journey.conditions))

    def _tick(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            try:
                self._look_now_and_then()
                self.handle(Ticked())
            except Exception as error:  # time must go on: it is what makes the pole forget
                log.error("a tick failed: %s", type(error).__name__)


def _looks(journey: Journey) -> tuple[Journey, tuple[str, ...], bool]:
    """Return what the screen shows of a journey, and nothing else, so that it is shown anew only for a reason."""
    shown = replace(
        journey,
        touched=0.0,
        speaking_since=None,
        volume=DEFAULT_VOLUME,
        is_helping=False,
        broken=frozenset(),
        conditions=NOMINAL,
        next_publication=None,
        is_unpaired=False,
    )
    return shown, actions(journey), journey.screen is Screen.ATTRACT and journey.conditions.present is False
