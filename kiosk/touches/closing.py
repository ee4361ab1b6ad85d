"""The end of a visit: consent, a purpose a screen; what one may tell of oneself; saving and thanks."""

from __future__ import annotations

from dataclasses import replace

from kiosk.consents import being_asked
from kiosk.events import DropTakes, Remark, Seal, Touched
from kiosk.events import Forget as ForgetVisit
from kiosk.journey import Journey, Moment, ProfileStep, Screen, Step, go, start_again
from kiosk.offers import DIGITS
from kiosk.touches.rule import on, value_of
from vertelpaal.publication import Purpose, wording_hash
from vertelpaal.visit import AgeBand, Consent, Ending


@on((Screen.CONSENT,), "yes", Screen.CONSENT, Screen.PROFILE, Screen.SAVING)
@on((Screen.CONSENT,), "no", Screen.CONSENT, Screen.PROFILE, Screen.SAVING)
def _consent(journey: Journey, event: Touched, moment: Moment) -> Step:
    """Note the consent. A no to review drops words and recordings at once, and asks nothing more about them."""
    asked = being_asked(journey)
    said_yes = event.action == "yes"
    consent = Consent(
        purpose=journey.consent.purpose,
        given=said_yes,
        wording_sha256=wording_hash(asked.wording),
        language=asked.language,
        at=moment.at,
    )
    draft = journey.in_visit.consented(consent)
    if consent.purpose is Purpose.REVIEW and not said_yes:
        bare = replace(draft.taps_only(), consents=draft.consents)
        step, effects = after_consents(replace(journey, draft=bare), moment)
        return step, (DropTakes(draft.takes), *effects)
    told = replace(journey, draft=draft)
    if len(draft.consents) < len(journey.published.consents):
        return go(told, Screen.CONSENT, moment), ()
    return after_consents(told, moment)


@on((Screen.PROFILE,), "yes", Screen.PROFILE, Screen.ACTIVITY, Screen.SAVING)
@on((Screen.PROFILE,), "no", Screen.PROFILE, Screen.SAVING)
def _yes_or_no(journey: Journey, event: Touched, moment: Moment) -> Step:
    said_yes = event.action == "yes"
    if journey.profile is ProfileStep.ACTIVITY:
        return (go(journey, Screen.ACTIVITY, moment), ()) if said_yes else _next_step(journey, moment)
    return _next_step(replace(journey, draft=replace(journey.in_visit, member=said_yes)), moment)


@on((Screen.PROFILE,), "age", Screen.PROFILE, Screen.SAVING)
def _age_at_the_end(journey: Journey, event: Touched, moment: Moment) -> Step:
    aged = replace(journey.in_visit, age_band=AgeBand(value_of(event)))
    return _next_step(replace(journey, draft=aged), moment)


@on((Screen.PROFILE, Screen.ACTIVITY), "skip", Screen.PROFILE, Screen.SAVING)
def _rather_not_say(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return _next_step(journey, moment)


@on((Screen.ACTIVITY,), "digit", Screen.ACTIVITY, Screen.SAVING)
def _digit(journey: Journey, event: Touched, moment: Moment) -> Step:
    """Take a digit; the third finds the activity, or asks again."""
    typed = journey.typed + value_of(event)
    here = go(journey, Screen.ACTIVITY, moment)
    if len(typed) < DIGITS:
        return replace(here, typed=typed), ()
    found = journey.conditions.activity_of(typed)
    if found is None:
        return replace(here, typed="", remark=Remark.UNKNOWN_CODE), ()
    return _next_step(replace(journey, typed="", draft=replace(journey.in_visit, activity=found.slug)), moment)


@on((Screen.ACTIVITY,), "erase", Screen.ACTIVITY)
def _erase(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return replace(go(journey, Screen.ACTIVITY, moment), typed=journey.typed[:-1]), ()


@on((Screen.ACTIVITY,), "back", Screen.PROFILE)
def _to_profile(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return replace(go(journey, Screen.PROFILE, moment), typed=""), ()


@on((Screen.THANKS, Screen.CLOSED), "done", Screen.ATTRACT)
def _done(journey: Journey, _event: Touched, moment: Moment) -> Step:
    return start_again(journey, moment), (ForgetVisit(),)


def after_consents(journey: Journey, moment: Moment) -> Step:
    """Go on to the first thing that a visitor may tell of themselves, or to saving."""
    return _next_step(replace(journey, profile=None), moment)


def _next_step(journey: Journey, moment: Moment) -> Step:
    order = list(ProfileStep)
    later = order if journey.profile is None else order[order.index(journey.profile) + 1 :]
    step = next((one for one in later if _is_asked(journey, one)), None)
    if step is None:
        seal = Seal(journey.in_visit, journey.published, Ending.THANKS, moment.at)
        return replace(go(journey, Screen.SAVING, moment), is_sealed=True), (seal,)
    return replace(go(journey, Screen.PROFILE, moment), profile=step), ()


def _is_asked(journey: Journey, step: ProfileStep) -> bool:
    """Return whether there is something to ask: not twice, and an activity only where one goes on."""
    match step:
        case ProfileStep.MEMBER:
            return journey.published.ask_member
        case ProfileStep.AGE:
            return journey.published.ask_age and journey.in_visit.age_band is None
        case ProfileStep.ACTIVITY:
            return bool(journey.conditions.activities) and journey.in_visit.activity is None
