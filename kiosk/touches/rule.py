"""A rule for each touch: on which screens, by the first word of its `data-action`, and where it may lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.events import Touched
from kiosk.journey import Journey, Moment, Screen, Step
from kiosk.offers import actions

Transition = Callable[[Journey, Touched, Moment], Step]


@dataclass(frozen=True)
class TouchRule:
    """On these screens, this touch may lead to those screens; `to` is empty when it stays where it is."""

    screens: tuple[Screen, ...]
    verb: str
    to: tuple[Screen, ...]
    happens: Transition


TOUCHES: list[TouchRule] = []


def on(screens: tuple[Screen, ...], verb: str, *to: Screen) -> Callable[[Transition], Transition]:
    """Register what a touch does on these screens, and where it may lead."""

    def register(happens: Transition) -> Transition:
        TOUCHES.append(TouchRule(screens, verb, to, happens))
        return happens

    return register


def touch(journey: Journey, event: Touched, moment: Moment) -> Step:
    """Return what a touch leads to; one that the screen does not offer changes nothing."""
    if event.action not in actions(journey):
        return journey, ()
    verb = event.action.partition(":")[0]
    rule = next(rule for rule in TOUCHES if rule.verb == verb and journey.screen in rule.screens)
    return rule.happens(journey, event, moment)


def value_of(event: Touched) -> str:
    """Return what stands after the colon of a touch."""
    return event.action.partition(":")[2]
