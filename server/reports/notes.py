"""How a report was made, in plain Dutch: what a reader needs to judge its numbers."""

from __future__ import annotations

from server.reports.dutch import in_sentence, spell_list
from server.reports.scores import FEWEST_ANSWERS

POPULATION = "Alle bezoekers die bij een vertelpaal antwoord gaven"
TOO_FEW = "te weinig antwoorden"

SATISFIED = (
    "Tevreden: wie op een van de twee blijste van vijf gezichtjes tikte. Het percentage is dat aantal, gedeeld door "
    "alle antwoorden met een gezichtje. ‘Weet ik niet’ en overgeslagen vragen tellen niet mee."
)
MEAN = "Gemiddelde: de vijf gezichtjes tellen als 0, 25, 50, 75 en 100. Hoe hoger, hoe beter."
INTERVAL = (
    "Interval: hoe zeker het percentage is. Bij weinig antwoorden is het breed. Het is een betrouwbaarheidsinterval "
    "van 95\N{NO-BREAK SPACE}%, volgens Wilson (1927)."
)
SELF_CHOSEN = (
    "Bezoekers kiezen zelf of zij meedoen. Wie niet meedoet, telt niet mee. Daar zegt het interval niets over."
)
SUPPRESSED = f"Bij minder dan {FEWEST_ANSWERS} antwoorden tonen wij niets. Zo is niemand te herkennen."
DAYS = "De eerste en de laatste dag tellen mee. Het gaat om de Nederlandse tijd waarop een bezoek begon."


def method_notes(reworded: tuple[str, ...], left_out: int) -> tuple[str, ...]:
    """Return the notes on method; `reworded` names aspects with several wordings, `left_out` counts visits."""
    notes = [SATISFIED, MEAN, INTERVAL, SELF_CHOSEN, SUPPRESSED, DAYS]
    if reworded:
        names = spell_list([in_sentence(name) for name in reworded])
        notes.append(
            f"De vraag is in deze periode veranderd bij: {names}. Antwoorden op een andere vraag tellen wij niet bij "
            "elkaar op. Daarom staat elke vraag op een eigen regel."
        )
    if left_out:
        visits = "1 bezoek telt" if left_out == 1 else f"{left_out} bezoeken tellen"
        notes.append(f"{visits} niet mee, want de klok van de paal stond toen verkeerd.")
    return tuple(notes)
