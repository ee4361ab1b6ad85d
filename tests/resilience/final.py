"""A loss by chance is a loss: `make test` tries once more what failed, and what failed in here stays failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Final:
    """A test's memory of what it found in the run before."""

    cache: pytest.Cache
    key: str

    @contextmanager
    def verdict(self) -> Iterator[None]:
        """Remember an assertion that fails within; the next run with `--last-failed` fails by it without trying."""
        try:
            yield
        except AssertionError as error:
            self.cache.set(self.key, str(error))
            raise


@pytest.fixture
def final(request: pytest.FixtureRequest) -> Final:
    """Fail at once where this test is tried once more after a verdict; any other run forgets that one."""
    cache = request.config.cache
    if cache is None:
        pytest.skip("without pytest's cache nobody would know of a verdict in the run before")
    final = Final(cache, f"vertelpaal/{re.sub(r'[^a-z0-9]+', '-', request.node.nodeid.lower())}")
    before = cache.get(final.key, None)
    if before and request.config.getoption("lf"):
        pytest.fail(f"It was found in the run before, and by chance once is enough:\n{before}", pytrace=False)
    cache.set(final.key, None)
    return final
