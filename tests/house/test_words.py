"""The code uses the field's words: what this house once called things by itself is no name in it any more."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.source import ROOT, modules, name_of, nodes, text

PARTS = ("core", "worker", "bots", "web", "neverdark", "sandbox", "templates", "benchmarks", "tests")

INSTEAD = {
    "company": "hedged request",
    "deeds": "user_actions",
    "desk": "video_service, credit_service; task store in the sandbox",
    "desks": "task stores",
    "dossier": "generation_details",
    "drain": "dispatcher",
    "drains": "dispatchers",
    "ears": "reader",
    "histories": "ledger_lookups",
    "keeper": "service",
    "lane": "claim_loop",
    "lanes": "claim loops",
    "lateness": "late_attempts",
    "overlay": "cooldown",
    "servant": "postgres_user",
    "shelf": "cdn",
    "shelves": "cdns",
    "spot": "queue entry",
    "spots": "queue entries",
    "standings": "route_status",
    "story": "generation_details, report",
    "surroundings": "routing context",
    "till": "credit_service",
    "warden": "reaper",
}
"""By word that names nothing here, what is said instead; docs/glossary.md has the words that are used."""

ASYNCIO = "drain"
"""The method of asyncio's stream writers."""


def _identifiers(path: Path) -> Iterator[str]:
    for node in nodes(path):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(attr=name) if name == ASYNCIO:
                pass
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name


def _words(identifier: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)}


@cache
def _found() -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in modules(*PARTS):
        name = name_of(path)
        words = _words(path.stem)
        for identifier in _identifiers(path):
            words |= _words(identifier)
        found |= {(name, word) for word in words & set(INSTEAD)}
    return frozenset(found)


def test_no_name_is_made_of_a_word_that_only_this_house_knows() -> None:
    assert {place: INSTEAD[place[1]] for place in _found()} == {}


@pytest.mark.parametrize("identifier", ["OpenDesk", "_shelf", "test_a_lane_is_full", "Story"])
def test_a_word_is_found_in_any_part_of_a_name(identifier: str) -> None:
    assert _words(identifier) & set(INSTEAD)


PRIVATE = re.compile(r"\b(the|a|its|our) (desk|till|keeper|warden|servant|dossier|lane|drain|shelf)s?\b", re.IGNORECASE)


@pytest.mark.parametrize("part", PARTS)
def test_no_comment_speaks_of_one_either(part: str) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in modules(part)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if PRIVATE.search(line)
    ]
    assert found == []


PAGES = sorted(
    [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
     *(ROOT / "sandbox").glob("*.md"), *(ROOT / "migrations").glob("*.md"), *(ROOT / "migrations").glob("0*.sql")]
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_and_no_comment_in_sql_does(page: Path) -> None:
    found = [line.strip() for line in text(page).splitlines() if PRIVATE.search(line) and "(it was `" not in line]
    assert found == []


def test_no_name_in_sql_is_made_of_one() -> None:
    statements = re.sub(r"--[^\n]*", "", text(ROOT / "migrations" / "schema.sql"))
    names = {name for name in re.findall(r"[a-z_]+", statements) if set(name.split("_")) & set(INSTEAD)}
    assert names == set()


def test_no_event_of_the_log_is_named_by_one() -> None:
    events = {
        node.value
        for path in modules("core", "worker", "bots", "web", "neverdark")
        for node in nodes(path)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", node.value)
    }
    assert len(events) > 100
    assert {event for event in events if set(re.split(r"[._]", event)) & set(INSTEAD)} == set()
