"""The code uses the field's words: what this house once called things by itself is no name in it any more."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.source import modules, name_of, nodes, text

PRODUCT = ("core", "worker", "bots", "web", "neverdark")

INSTEAD = {
    "company": "hedged request",
    "deeds": "user_actions",
    "desk": "video_service, credit_service",
    "dossier": "generation_details",
    "drain": "dispatcher",
    "ears": "reader",
    "histories": "ledger_lookups",
    "keeper": "service",
    "lane": "claim_loop",
    "lanes": "claim loops",
    "lateness": "late_attempts",
    "servant": "postgres_user",
    "shelf": "cdn",
    "standings": "route_status",
    "surroundings": "routing context",
    "till": "credit_service",
    "warden": "reaper",
}
"""By word that names nothing here, what is said instead; docs/glossary.md has the words that are used."""

MAY_STAND = {
    ("core/probes.py", "drain"): "asyncio's own name",
    ("neverdark/control.py", "drain"): "asyncio's own name",
}


def _identifiers(path: Path) -> Iterator[str]:
    for node in nodes(path):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name


def _words(identifier: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)}


@cache
def _found() -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in modules(*PRODUCT):
        name = name_of(path)
        words = _words(path.stem)
        for identifier in _identifiers(path):
            words |= _words(identifier)
        found |= {(name, word) for word in words & set(INSTEAD)}
    return frozenset(found)


def test_no_name_is_made_of_a_word_that_only_this_house_knows() -> None:
    unknown = {place: INSTEAD[place[1]] for place in _found() - set(MAY_STAND)}
    assert unknown == {}


def test_every_exception_is_still_needed() -> None:
    assert set(MAY_STAND) - _found() == set()


PRIVATE = re.compile(r"\b(the|a|its|our) (desk|till|keeper|warden|servant|dossier|lane|drain|shelf)s?\b", re.IGNORECASE)


@pytest.mark.parametrize("part", PRODUCT)
def test_no_comment_speaks_of_one_either(part: str) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in modules(part)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if PRIVATE.search(line)
    ]
    assert found == []
