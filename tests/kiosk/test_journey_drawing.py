"""The drawing in the docs is the one that the code draws."""

from kiosk.journey_drawing import TARGET, draw


def test_the_drawing_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == draw(), "run: python -m kiosk.journey_drawing"
