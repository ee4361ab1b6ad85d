"""Tests are known by their own ids, also where pytest-xdist adds their group: `--last-failed` looks for those."""

from __future__ import annotations

import re

import pytest

_GROUP = re.compile(r"@[^\]]*$")


class OwnIds:
    """Takes the group off each report before anybody in this process notes it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        report.nodeid = _GROUP.sub("", report.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Listen where reports come together; a worker of pytest-xdist sends them with their group."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(OwnIds())
