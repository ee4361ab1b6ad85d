"""Walks through a journey as a visitor does, with a clock and identifiers of its own."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from kiosk.advance import advance
from kiosk.conditions import Conditions
from kiosk.events import BeginTake, DropTakes, Effect, Event, Forget, Seal, TakeFinished, Ticked, Touched
from kiosk.journey import Journey, Moment, Screen, beginning
from kiosk.offers import actions
from tests.makers import NOW, create_recording
from vertelpaal.identifiers import new_id
from vertelpaal.publication import Publication
from vertelpaal.visit import Way
from vertelpaal.withdrawal import new_code


class Walker:
    """A visitor and the agent's part of the bargain: it notes effects and keeps a record of live takes."""

    def __init__(self, publication: Publication | None, conditions: Conditions | None = None) -> None:
        self.seconds = 0.0
        able = conditions or Conditions(languages=("nl", "en", "ar"))
        self.journey: Journey = beginning(publication, self.moment(), able)
        self.effects: list[Effect] = []
        self.takes: set[UUID] = set()

    def moment(self) -> Moment:
        return Moment(NOW + timedelta(seconds=self.seconds), self.seconds, new_id(), new_code())

    def happens(self, event: Event) -> Screen:
        """Let something happen a moment later; return the screen that follows."""
        self.seconds += 0.1
        self.journey, effects = advance(self.journey, event, self.moment())
        for effect in effects:
            match effect:
                case BeginTake(take):
                    self.takes.add(take)
                case DropTakes(takes):
                    self.takes -= takes
                case Forget():
                    self.takes.clear()
        self.effects.extend(effects)
        return self.journey.screen

    def touches(self, *touched: str, text: str | None = None) -> Screen:
        """Touch one control after the other; return the last screen."""
        for action in touched:
            assert action in actions(self.journey), f"{action} is not on {self.journey.screen}"
            self.happens(Touched(action, text))
        return self.journey.screen

    def waits(self, seconds: float) -> Screen:
        """Let time go by in ticks of half a second."""
        for _ in range(int(seconds * 2)):
            self.seconds += 0.4
            self.happens(Ticked())
        return self.journey.screen

    def records(self, data: bytes = b"sound") -> Screen:
        """Record from the preview on until the playback."""
        self.touches("record")
        self.waits(4)
        assert self.journey.screen is Screen.RECORDING
        self.touches("stop")
        way = self.journey.way
        assert way in (Way.VOICE, Way.VIDEO)
        made = create_recording(data, way)
        assert self.journey.take is not None
        return self.happens(TakeFinished(made.model_copy(update={"id": self.journey.take})))

    @property
    def seals(self) -> list[Seal]:
        """Return what was to be sealed so far."""
        return [effect for effect in self.effects if isinstance(effect, Seal)]
