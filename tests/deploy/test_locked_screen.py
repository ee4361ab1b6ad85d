"""The policies and flags of a pole, in the real Chromium: what may be reached, and who gets camera and microphone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from setup.layout import ROOT

POLICY = ROOT / "deploy" / "kiosk" / "files" / "etc" / "chromium" / "policies" / "managed" / "vertelpaal.json"
STRANGER = "http://127.0.0.1:8099"
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("locked-screen")]


@dataclass(frozen=True)
class Tried:
    """What a page that tries everything could do; `agent` and `stranger` are what each address heard."""

    agent: list[str]
    stranger: list[str]
    debugged: bool
    wrote: int
    left: list[str]


def our_policy() -> dict[str, Any]:
    """Return the policy that a pole gets."""
    policy: dict[str, Any] = json.loads(POLICY.read_text(encoding="utf-8"))
    return policy


def in_a_hall(folder: Path, policy: Mapping[str, Any] | None, start: str) -> Tried:
    """Open the locked browser in namespaces of its own, with this policy or none, and return what it could do."""
    (folder / "policies").mkdir()
    if policy is not None:
        (folder / "policies" / "vertelpaal.json").write_text(json.dumps(policy), encoding="utf-8")
    alone = ["unshare", "--mount", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.deploy.hall", str(folder), start],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Tried(**json.loads(done.stdout))


def test_the_agents_page_gets_camera_and_microphone_unasked_and_leads_nowhere_else(tmp_path: Path) -> None:
    tried = in_a_hall(tmp_path, our_policy(), "agent")
    assert {"camera=granted", "microphone=granted", "place=denied", "notices=denied"} <= set(tried.agent)
    assert "last=done" in tried.agent, "the page came to its end, where it left for a stranger's"
    assert tried.stranger == []
    assert not tried.debugged
    assert tried.wrote > 0
    assert tried.left == [], "the profile is gone when the browser ends"


def test_without_the_policy_the_same_page_goes_to_a_stranger_and_can_be_debugged(tmp_path: Path) -> None:
    tried = in_a_hall(tmp_path, None, "agent")
    assert "camera=granted" not in tried.agent
    assert "/page" in tried.stranger
    assert tried.debugged


def test_a_strangers_page_gets_the_camera_only_from_a_policy_that_names_it(tmp_path: Path) -> None:
    policy = our_policy()
    leaky = policy | {
        "URLAllowlist": [*policy["URLAllowlist"], STRANGER],
        "VideoCaptureAllowedUrls": [*policy["VideoCaptureAllowedUrls"], STRANGER],
    }
    tried = in_a_hall(tmp_path, leaky, "stranger")
    assert "camera=granted" in tried.stranger, "the fault that was planted"
    assert "microphone=NotAllowedError" in tried.stranger, "where the policy is ours"
