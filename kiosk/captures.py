"""What camera and microphone report to a journey: a complete take, a lost device, silence."""

from __future__ import annotations

from dataclasses import replace

from kiosk.events import CaptureFailed, DropTakes, Remark, SoundHeard, TakeFinished
from kiosk.journey import CAPTURING, Journey, Moment, Screen, Step, go


def capture_failed(journey: Journey, remark: Remark, moment: Moment) -> Step:
    """Offer what still works, kindly; nothing half stays."""
    if journey.screen not in CAPTURING:
        return journey, ()
    failed = CaptureFailed(remark).device
    lost = frozenset({journey.take}) if journey.take else frozenset()
    back = replace(
        go(journey, Screen.WAY, moment),
        remark=remark,
        take=None,
        recording=None,
        broken=journey.broken | ({failed} if failed else frozenset()),
    )
    return back, (DropTakes(lost),)


def sound_heard(journey: Journey, event: SoundHeard) -> Step:
    """Say in the preview that nothing is heard, and take it back when something is."""
    if journey.screen is not Screen.READY:
        return journey, ()
    return replace(journey, remark=None if event.heard else Remark.SILENT), ()


def take_finished(journey: Journey, event: TakeFinished, moment: Moment) -> Step:
    """Let the visitor look back at the take, or first choose the language they asked for."""
    if journey.screen is not Screen.RECORDING or event.recording.id != journey.take:
        return journey, ()
    remark = None if event.heard else Remark.SILENT
    if journey.stops_for_language:
        detour = replace(go(journey, Screen.LANGUAGE, moment), resumes=Screen.PLAYBACK)
        return replace(detour, recording=event.recording, remark=remark), ()
    return replace(go(journey, Screen.PLAYBACK, moment), recording=event.recording, remark=remark), ()


def screen_returned(journey: Journey, moment: Moment) -> Step:
    """Go on where the visit is; a recording cannot."""
    rested = replace(journey, speaking_since=None)
    if journey.screen not in (Screen.COUNTDOWN, Screen.RECORDING):
        return rested, ()
    return capture_failed(rested, Remark.INTERRUPTED, moment)
