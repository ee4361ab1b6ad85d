"""Scores are arithmetic: checked against published values, and against what an interval means."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.reports.scores import Counts, score, wilson_interval

Z = 1.959964
some = st.integers(0, 3000)
shares = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson_interval(successes, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(shares)
def test_a_bound_is_the_share_that_the_observed_one_is_z_standard_errors_from(share: tuple[int, int]) -> None:
    successes, n = share
    interval = wilson_interval(successes, n)
    for bound in (interval.low, interval.high):
        distance = abs(successes / n - bound)
        assert math.isclose(distance, Z * math.sqrt(bound * (1 - bound) / n), abs_tol=1e-9)


@given(shares)
def test_the_interval_holds_the_share_and_stays_a_share(share: tuple[int, int]) -> None:
    successes, n = share
    interval = wilson_interval(successes, n)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    assert interval.low < interval.high


@given(shares)
def test_the_interval_of_the_dissatisfied_is_the_mirror_image(share: tuple[int, int]) -> None:
    successes, n = share
    interval, mirrored = wilson_interval(successes, n), wilson_interval(n - successes, n)
    assert math.isclose(interval.low, 1 - mirrored.high, abs_tol=1e-12)
    assert math.isclose(interval.high, 1 - mirrored.low, abs_tol=1e-12)


@given(shares, st.integers(2, 50))
def test_more_answers_with_the_same_share_are_surer(share: tuple[int, int], times: int) -> None:
    successes, n = share
    few, many = wilson_interval(successes, n), wilson_interval(successes * times, n * times)
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_what_is_no_share_has_no_interval(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(successes, n)


@given(st.tuples(some, some, some, some, some), some, some)
def test_a_score_says_what_the_taps_say(smileys: tuple[int, int, int, int, int], not_used: int, skipped: int) -> None:
    assume(sum(smileys) >= 10)
    taps = [value for value, times in enumerate(smileys, start=1) for _ in range(times)]
    found = score(Counts(smileys, not_used, skipped))
    assert found is not None
    assert found.n == len(taps)
    assert found.satisfied == len([tap for tap in taps if tap >= 4]) / len(taps)
    assert math.isclose(found.mean, sum((tap - 1) * 25 for tap in taps) / len(taps))
    assert (found.not_used, found.skipped) == (not_used, skipped)


def test_nine_answers_show_nothing_however_many_skipped() -> None:
    assert score(Counts((0, 0, 0, 4, 5), not_used=100, skipped=100)) is None
    assert score(Counts((0, 0, 0, 5, 5))) is not None
