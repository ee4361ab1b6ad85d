"""The rules for USB of a pole, read as USBGuard reads them: which devices are refused whatever else they are.

By reading alone: where the tests run there is no USBGuard and nothing to plug in.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from tests.deploy.machine import DEPLOY

RULES = DEPLOY / "kiosk/files/etc/usbguard/rules.conf"
REFUSED = {
    "a keyboard": ["03:01:01"],
    "a stick": ["08:06:50"],
    "a camera that is a keyboard too": ["0e:01:00", "0e:02:00", "03:01:01"],
    "a touchscreen that is a keyboard too": ["03:00:00", "03:00:01"],
    "a phone that gives a network": ["e0:01:03", "0a:00:00"],
    "a modem": ["02:02:01", "0a:00:00"],
    "a printer": ["07:01:02"],
}
LEARNED = {
    "a camera": ["0e:01:00", "0e:02:00"],
    "a microphone": ["01:01:00", "01:02:00"],
    "a touchscreen": ["03:00:00"],
}
"""What no rule of ours refuses, so that those that `install.sh` learned decide; what they do not know is blocked."""


def is_rejected(interfaces: list[str]) -> bool:
    """Return whether a rule of ours refuses a device that has these interfaces, one of which is enough."""
    lines = [line for line in RULES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rules = [re.fullmatch(r"reject with-interface one-of { ([0-9a-f:* ]+) }", line) for line in lines]
    assert rules
    patterns = [pattern for rule in rules if rule is not None for pattern in rule[1].split()]
    assert len([rule for rule in rules if rule is None]) == 0, "a rule in words that this test does not know"
    return any(fnmatch(interface, pattern) for interface in interfaces for pattern in patterns)


@pytest.mark.parametrize("device", REFUSED)
def test_what_types_stores_or_connects_is_refused_for_good(device: str) -> None:
    assert is_rejected(REFUSED[device])


@pytest.mark.parametrize("device", LEARNED)
def test_what_a_pole_is_made_of_is_left_to_what_was_learned(device: str) -> None:
    assert not is_rejected(LEARNED[device])
