"""What each touch does, one function for each; `TOUCHES` is also what the drawing in docs/journey.md is made from."""

from kiosk.touches import asking, bar, closing, telling  # noqa: F401  # each registers its rules
from kiosk.touches.rule import TOUCHES, TouchRule, touch

__all__ = ["TOUCHES", "TouchRule", "touch"]
