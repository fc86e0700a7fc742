"""The longest files begin, by what the last run has measured."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.order import FILE, Order, scope_of


def item(nodeid: str, *, long: bool = False) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda name: True if long and name == "long" else None)


def ordered(known: dict[str, float], *items: Any) -> list[str]:
    found = list(items)
    Order(known).pytest_collection_modifyitems(found)
    return [each.nodeid for each in found]


def test_before_the_first_run_the_files_that_are_marked_begin_and_stay_whole() -> None:
    files = (
        item("tests/a.py::1"),
        item("tests/long.py::1", long=True),
        item("tests/e2e/b.py::1"),
        item("tests/e2e/c.py::1", long=True),
    )
    first = ["tests/e2e/b.py::1", "tests/e2e/c.py::1", "tests/long.py::1", "tests/a.py::1"]
    assert ordered({}, *files) == first


def test_a_folder_that_shares_what_is_dear_may_have_parts() -> None:
    files = (
        "tests/e2e/test_town.py",
        "tests/e2e/test_discord_ways.py",
        "tests/e2e/test_slack_app.py",
        "tests/web/a.py",
    )
    scopes = ["tests/e2e", "tests/e2e:1", "tests/e2e:2", "tests/web/a.py"]
    assert [scope_of(f"{file}::test_it") for file in files] == scopes


def test_what_was_measured_counts_more_than_a_mark() -> None:
    files = item("tests/a.py::1"), item("tests/b.py::1", long=True), item("tests/a.py::2"), item("tests/c.py::1")
    known = {"tests/a.py": 5.0, "tests/b.py": 4.0, "tests/c.py": 70.0}
    assert ordered(known, *files) == ["tests/c.py::1", "tests/a.py::1", "tests/a.py::2", "tests/b.py::1"]


def test_all_phases_of_all_tests_of_a_file_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    session: Any = SimpleNamespace(config=SimpleNamespace(cache=SimpleNamespace(set=kept.__setitem__)))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    order = Order({"tests/a.py": 100.0, "tests/gone.py": 3.0})
    for nodeid in ("tests/a.py::1", "tests/b.py::1", "tests/b.py::2"):
        report: Any = SimpleNamespace(nodeid=nodeid, duration=1.5)
        order.pytest_runtest_logreport(report)
    order.pytest_sessionfinish(session)
    assert kept[FILE] == {"tests/a.py": 70.0, "tests/b.py": 3.0, "tests/gone.py": 3.0}
