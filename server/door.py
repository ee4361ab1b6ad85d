"""The door of the server: who may reach each route, how large a body may be, and how often; no rule, no way in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from types import MappingProxyType

from flask import Flask, request

from vertelpaal.errors import InvalidInput, NotAllowed, TooLarge

KiB, MiB = 2**10, 2**20
MAX_PIECE_BYTES = 32 * MiB
"""The largest piece of an envelope."""


class Who(StrEnum):
    """Who may reach a route."""

    ANYBODY = "anybody"
    POLE = "pole"
    """Whoever shows the token of a pole that is in use."""
    STAFF = "staff"
    """Whoever has a session."""


@dataclass(frozen=True)
class Rule:
    """What holds for a route: who may reach it, the largest body in bytes, and how often from one address.

    A branch is one address, with several poles and people behind it; a pole has a limit of its own besides.
    """

    who: Who
    body: int = 0
    rate: str = "1200/minute"
    pole_rate: str | None = None


PAGE = Rule(Who.STAFF)
FORM = Rule(Who.STAFF, body=8 * KiB, rate="120/minute")
FILE = Rule(Who.STAFF, rate="3000/minute")
"""A player asks for many ranges."""
UNCOUNTED = ""
"""Flask-Limiter never counts the files of an app or blueprint."""
STATIC = Rule(Who.STAFF, rate=UNCOUNTED)
STYLE = Rule(Who.ANYBODY, rate="3000/minute")
ENVELOPES = Rule(Who.POLE, rate="30000/minute", pole_rate="6000/minute")
"""A pole with a week behind it sends as fast as its line can; what is written is bounded by its quota."""

RULES: MappingProxyType[str, Rule] = MappingProxyType(
    {
        "static": Rule(Who.ANYBODY, rate=UNCOUNTED),
        "house.style": STYLE,
        "house.vendor": STYLE,
        "house.health": Rule(Who.ANYBODY, rate="120/minute"),
        "staff.sign_in_page": Rule(Who.ANYBODY, rate="120/minute"),
        "staff.sign_in_form": Rule(Who.ANYBODY, body=4 * KiB, rate="60/minute"),
        "staff.sign_out_form": FORM,
        "withdrawal.page": Rule(Who.ANYBODY, rate="120/minute"),
        "withdrawal.form": Rule(Who.ANYBODY, body=2 * KiB, rate="10/minute;60/hour"),
        "withdrawal.access_page": Rule(Who.ANYBODY, rate="120/minute"),
        "withdrawal.access_form": Rule(Who.ANYBODY, body=2 * KiB, rate="10/minute;60/hour"),
        "review.home": PAGE,
        "review.answers": PAGE,
        "review.answer": PAGE,
        "review.media": FILE,
        "review.poster": FILE,
        "review.quarantine": PAGE,
        "review.kiosks": PAGE,
        "review.pair": FORM,
        "review.ask_to_revoke": PAGE,
        "review.revoke": FORM,
        "activities.static": STATIC,
        "activities.page": PAGE,
        "activities.plan_form": FORM,
        "activities.stop": FORM,
        "activities.sheet": PAGE,
        "reports.static": STATIC,
        "reports.page": PAGE,
        "reports.download": Rule(Who.STAFF, rate="120/minute"),
        "desk.static": STATIC,
        "desk.page": PAGE,
        "desk.confirm": PAGE,
        "desk.withdraw_form": FORM,
        "intake.pairings": Rule(Who.ANYBODY, body=1 * KiB, rate="20/minute"),
        "intake.pairings_token": Rule(Who.ANYBODY, body=1 * KiB, rate="600/minute"),
        "intake.status": Rule(Who.POLE, body=4 * KiB, rate="3000/minute", pole_rate="120/minute"),
        "intake.publication": Rule(Who.POLE, rate="3000/minute", pole_rate="120/minute"),
        "intake.file": Rule(Who.POLE, rate="6000/minute", pole_rate="1200/minute"),
        "intake.declare": Rule(Who.POLE, 1 * KiB, ENVELOPES.rate, ENVELOPES.pole_rate),
        "intake.progress": ENVELOPES,
        "intake.append": Rule(Who.POLE, MAX_PIECE_BYTES, ENVELOPES.rate, ENVELOPES.pole_rate),
        "intake.receipt": ENVELOPES,
    }
)
"""Every route there is. A new one needs a line here, or it answers nobody and a test fails."""

MISSING_PAGE = Rule(Who.ANYBODY)
"""For an address that no route has."""


def register_door(app: Flask) -> None:
    """Hold every request against its rule, before anything reads its body."""
    app.before_request(keep_the_door)


def keep_the_door() -> None:
    """Refuse what has no rule, a body over its limit, and a NUL, which no text of ours has and PostgreSQL refuses.

    Raises:
        NotAllowed: the route has no rule.
        TooLarge: the body is over the limit of its route, or does not say how long it is.
        InvalidInput: an address or a field has a NUL.
    """
    rule = rule_of(request.endpoint)
    request.max_content_length = rule.body
    if (request.content_length or 0) > rule.body:
        raise TooLarge(f"a body here has at most {rule.body} bytes")
    if "Transfer-Encoding" in request.headers:
        raise TooLarge("a body says how long it is")
    if any("\0" in text for text in _texts(rule)):
        raise InvalidInput("a text with a NUL in it")


def rule_of(endpoint: str | None) -> Rule:
    """Return the rule of a route.

    Raises:
        NotAllowed: it has none.
    """
    if endpoint is None:
        return MISSING_PAGE
    if endpoint not in RULES:
        raise NotAllowed("this route has no rule")
    return RULES[endpoint]


def unruled(app: Flask) -> set[str]:
    """Return the routes without a rule, and the rules without a route."""
    return {rule.endpoint for rule in app.url_map.iter_rules()} ^ set(RULES)


def rate_of_address() -> str:
    """Return how often one address may ask what it asks now."""
    return rule_of(request.endpoint).rate


def rate_of_pole() -> str:
    """Return how often one pole may ask what it asks now; nothing where a pole has no limit of its own."""
    return rule_of(request.endpoint).pole_rate or ""


def asking_address() -> str:
    """Return whose tries are counted together: an address, of IPv6 the network that one household gets."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def asking_pole() -> str:
    """Return which pole asks, by the hash of what it shows as its token."""
    return hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()


def _texts(rule: Rule) -> Iterator[str]:
    """Yield every text of the address and of the form; what a pole sends as JSON is checked where it is read."""
    yield request.path
    has_form = rule.body > 0 and request.blueprint != "intake"
    for fields in (request.args, request.form) if has_form else (request.args,):
        for name, text in fields.items(multi=True):
            yield name
            yield text
