"""The bill of materials has every pinned package, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from setup.layout import ROOT
from setup.sbom import main
from tests.setup.test_locks import locked


def test_the_bill_is_cyclonedx_and_has_every_pinned_package(tmp_path: Path) -> None:
    target = tmp_path / "sbom.cdx.json"
    assert main(target) == 0
    text = target.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = json.loads(text)["components"]
    pinned = {f"pypi/{pin.name}@{str(pin.specifier).removeprefix('==')}" for pin in locked("everything")}
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    pinned |= {
        f"npm/{path.removeprefix('node_modules/').replace('@', '%40')}@{package['version']}"
        for path, package in lock["packages"].items()
        if path
    }
    assert {one["purl"].removeprefix("pkg:").lower() for one in components} == {one.lower() for one in pinned}
    assert all(one["hashes"] for one in components)
    scopes = {one["name"]: one["scope"] for one in components}
    assert (scopes["flask"], scopes["pytest"]) == ("required", "excluded")


def test_two_bills_of_one_clone_are_the_same_but_for_their_time(tmp_path: Path) -> None:
    bills = []
    for name in "first", "second":
        main(tmp_path / name)
        bill = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        bill["metadata"].pop("timestamp")
        bills.append(bill)
    assert bills[0] == bills[1]
