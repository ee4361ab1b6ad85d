"""An offer to pair lasts half an hour, also one that a clock ahead made."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server.intake.pairing import MAX_OPEN_OFFERS, OFFER_LASTS, approve_pairing, claim_token, offer_pairing
from server.review.queries import open_offers
from server.tables import BranchRow
from tests.makers import NOW, SampleLibrary
from vertelpaal.errors import NotFound


@pytest.mark.parametrize(
    ("made", "is_there"),
    [
        (NOW, True),
        (NOW - OFFER_LASTS + timedelta(seconds=1), True),
        (NOW - OFFER_LASTS, False),
        (NOW + timedelta(minutes=5), True),
        (NOW + timedelta(days=366), False),
    ],
    ids=["now", "almost over", "over", "a clock set back a little", "a year ahead"],
)
def test_an_offer_is_there_for_half_an_hour(sample: SampleLibrary, made: datetime, is_there: bool) -> None:
    with sample.database.transaction() as session:
        offer = offer_pairing(session, made)
    with sample.database.transaction() as session:
        branch = session.scalars(select(BranchRow)).first()
        assert branch is not None
        assert open_offers(session, NOW) == is_there
        if is_there:
            approve_pairing(session, offer.user_code, branch, NOW)
            session.flush()
            assert claim_token(session, offer.device_code, NOW) is not None
            return
        with pytest.raises(NotFound):
            approve_pairing(session, offer.user_code, branch, NOW)
        with pytest.raises(NotFound):
            claim_token(session, offer.device_code, NOW)


def test_offers_of_a_clock_ahead_keep_no_pole_waiting(sample: SampleLibrary) -> None:
    for moment in (*[NOW + timedelta(days=366)] * MAX_OPEN_OFFERS, NOW):
        with sample.database.transaction() as session:
            offer_pairing(session, moment)
