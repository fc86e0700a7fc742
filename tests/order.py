"""The order of the tests: the longest files begin, so that no process is at work on one when all the others are done.

How long a file takes is known from the last run in this checkout; before the first one, the files marked `long` begin.
A file stays in one process (`--dist loadfile`), and so does a folder whose files share what is dear.
"""

import os
from collections import defaultdict
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it has none

TOGETHER = {"tests/e2e", "tests/house"}
"""Folders whose files share what is dear: one installation, or all modules parsed once."""
PARTS = {"tests/e2e": (("test_discord_", "test_community"), ("test_slack_", "test_rules"))}
"""By which names files of such a folder are a part of their own: these tests wait more than they work, and one
installation for all of them is at work when every other process is done."""
FIRST_S = 60.0
"""As long as this a file marked `long` may take, until it has been seen to; a folder with one takes longer."""
FORGETS = 0.7
"""A file that has become shorter, or of which only a part was run, is believed to be so after a few runs."""
FILE = "neverdark/seconds_by_file"
KEY = "seconds_by_file"


def scope_of(nodeid: str) -> str:
    """What stays in one process: a file, a folder, or a part of one."""
    file = nodeid.partition("::")[0]
    folder, _, name = file.rpartition("/")
    if folder not in TOGETHER:
        return file
    part = next((n for n, names in enumerate(PARTS.get(folder, ()), start=1) if name.startswith(names)), 0)
    return f"{folder}:{part}" if part else folder


class _Schedule(LoadFileScheduling):  # type: ignore[misc]  # as above
    """In the order of the collection."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


class Order:
    """Sorts by what the last run has measured, and measures this one."""

    def __init__(self, known: dict[str, float]) -> None:
        self.known = known
        self.seen: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[KEY] = self.known  # all processes have to find the same order

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        marked = {scope_of(item.nodeid) for item in items if item.get_closest_marker("long") is not None}
        default_s = {scope: FIRST_S if scope.endswith(".py") else 5 * FIRST_S for scope in marked}
        items.sort(key=lambda item: -self.known.get(scope := scope_of(item.nodeid), default_s.get(scope, 0.0)))

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen[scope_of(report.nodeid)] += report.duration

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        cache = getattr(session.config, "cache", None)
        if cache is None or os.environ.get("PYTEST_XDIST_WORKER"):
            return
        most = {scope: max(seconds, self.known.get(scope, 0.0) * FORGETS) for scope, seconds in self.seen.items()}
        cache.set(FILE, {scope: round(seconds, 2) for scope, seconds in (self.known | most).items()})


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Schedule | None:
    return _Schedule(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three processes more than there are cores: the long tests wait, for a program, a socket or a pause."""
    return (os.cpu_count() or 1) + 3


@pytest.hookimpl(trylast=True)  # behind the cache
def pytest_configure(config: pytest.Config) -> None:
    cache = getattr(config, "cache", None)
    remembered = cache.get(FILE, {}) if cache is not None else {}
    config.pluginmanager.register(Order(getattr(config, "workerinput", {}).get(KEY, remembered)), "order")
