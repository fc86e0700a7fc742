"""At its end a quick run says how many cases it has left for `make test-all` and CI."""

from typing import Any

import pytest

from tests.quick import IS_QUICK, left_out

KEY = "left_out"
EXHAUSTIVE = "tests marked exhaustive"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not IS_QUICK:
        return
    left = [item for item in items if item.get_closest_marker("exhaustive") is not None]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item.get_closest_marker("exhaustive") is None]
    left_out[EXHAUSTIVE] = len(left)


@pytest.hookimpl
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[KEY] = left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    left_out.update(getattr(node, "workeroutput", {}).get(KEY, {}))  # a table is the same in every process


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: Any) -> None:
    if said := summary(left_out):
        terminalreporter.line(said)


def summary(left: dict[str, int]) -> str:
    """One sentence, or nothing where nothing was left out."""
    tables = [count for count in left.values() if count]
    if not tables:
        return ""
    of_tables = "one table" if len(tables) == 1 else f"{len(tables)} tables"
    return f"A quick run: {sum(tables):,} cases of {of_tables} were left for `make test-all` and CI."
