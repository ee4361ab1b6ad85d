"""Which of many moments a run of `make test` looks at; `make proof` looks at each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

T = TypeVar("T")


def sample_of_today(moments: Sequence[T], every: int) -> list[T]:
    """Return one in `every`, others tomorrow: a run that is repeated the same day looks at the same ones."""
    begin = date.today().toordinal() % every
    print(f"one in {every} of {len(moments)}, from number {begin}")
    return list(moments[begin::every])
