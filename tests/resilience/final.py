"""A loss by chance is a loss: `make test` tries once more what failed, and what failed in here stays failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Final:
    """A test's memory of what it found in the run before; none without pytest's cache."""

    cache: pytest.Cache | None
    key: str

    @contextmanager
    def verdict(self) -> Iterator[None]:
        """Remember an assertion that fails within; the next run with `--last-failed` fails by it without trying."""
        try:
            yield
        except AssertionError as error:
            self.remember(str(error))
            raise

    def remember(self, what: str | None) -> None:
        """Keep what was found for the next run; None forgets it."""
        if self.cache is not None:
            self.cache.set(self.key, what)


@pytest.fixture
def final(request: pytest.FixtureRequest) -> Final:
    """Fail at once where this test is tried once more after a verdict; any other run forgets that one."""
    # not by the test's id, to which pytest-xdist adds the group
    key = re.sub(r"[^a-z0-9]+", "-", f"{request.node.path.name} {request.node.name}".lower())
    final = Final(getattr(request.config, "cache", None), f"vertelpaal/{key}")
    before = final.cache.get(final.key, None) if final.cache is not None else None
    if before and request.config.getoption("lf"):
        pytest.fail(
            f"found in the run before, and once is enough; mended? run without --last-failed\n{before}", pytrace=False
        )
    final.remember(None)
    return final
