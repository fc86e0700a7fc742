"""Whoever is woken by a line of the log finds it in docs/operations.md."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import OURS, ROOT, modules, name_of, nodes, text

LEVELS = {"warning": "warning", "error": "error", "exception": "error", "critical": "error"}
ONCE = {"access_log.lost": "error", "unreadable": "warning"}
"""Functions that say the event that they are given once for many calls, with its level."""
_ROW = re.compile(r"^\| (?P<events>`[^|]*`) \| (?P<level>warning|error) \| ", re.MULTILINE)


def is_given(call: ast.Call) -> bool:
    """Whether it says an event that its function was given."""
    return bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == "event"


def said() -> Iterator[tuple[str, str, str]]:
    """Each warning and error of the code: event, level, where it is said."""
    for path in modules(*OURS):
        for node in nodes(path):
            if not isinstance(node, ast.Call):
                continue
            if (level := ONCE.get(ast.unparse(node.func))) is not None:
                yield str(ast.literal_eval(node.args[0])), level, f"{name_of(path)}:{node.lineno}"
            if not isinstance(node.func, ast.Attribute) or is_given(node):
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "log" and node.func.attr in LEVELS:
                where = f"{name_of(path)}:{node.lineno}"
                assert isinstance(node.args[0], ast.Constant), f"{where}: an event is a plain word"
                yield str(node.args[0].value), LEVELS[node.func.attr], where


def documented() -> dict[str, str]:
    """The events of the page, with their levels."""
    page = text(ROOT / "docs" / "operations.md")
    rows = _ROW.finditer(page[page.index("## Alarms") :])
    return {event: row["level"] for row in rows for event in re.findall(r"`([^`]+)`", row["events"])}


def test_every_warning_and_error_of_the_code_has_its_entry_in_operations() -> None:
    known = documented()
    missing = {event: where for event, _, where in said() if event not in known}
    assert missing == {}, "say in docs/operations.md what it means and what to do"
    levels: dict[str, set[str]] = {}
    for event, level, _ in said():
        levels.setdefault(event, set()).add(level)
    wrong = {event: each for event, each in levels.items() if known[event] != min(each)}  # the graver of two
    assert wrong == {}, "the page names another level"


def test_no_entry_is_about_an_event_that_is_said_no_more() -> None:
    assert set(documented()) - {event for event, _, _ in said()} == set()
