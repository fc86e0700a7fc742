"""The rules of the house that a linter does not know: how large a module is, what it is called, what it may swallow."""

import ast
import re

import pytest

from tests.house.source import ROOT, comments, modules, name_of, nodes, text, tree

PACKAGES = ("neverdark", "worker", "web", "bots", "core", "sandbox")
MODULES = modules(*PACKAGES)
TESTS = modules("tests")

LINES_MAX = 300
NAMELESS = re.compile(r"^_*(utils?|helpers?|common|misc|miscellaneous|tools?|stuff|lib|shared|base|functions)\d*$")

MAY_CATCH_EVERYTHING = {
    "bots/discord/inbound/crashes.py": "the one place where a handler of Discord's ends, whatever happens in it",
    "bots/run_use_case.py": "the one place where a use case ends, whatever happens in it",
    "worker/dispatcher.py": "the one place where a step ends, whatever happens in it",
    "worker/resident.py": "the one place where a round of a loop without end ends, whatever happens in it",
}

SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b(?P<rest>.*)", re.IGNORECASE)
WITH_CODE_AND_REASON = re.compile(r"^(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*\s+|\[[a-z-]+(,\s*[a-z-]+)*\]\s+)[-#(–]+\s*\w+")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 50
    assert len(TESTS) > 10


def test_every_top_level_package_has_a_place_in_the_house() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= set(PACKAGES)


def test_a_module_has_at_most_300_lines() -> None:
    sizes = {name_of(path): len(text(path).splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > LINES_MAX} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in MODULES if NAMELESS.match(path.stem) or NAMELESS.match(path.parent.name)] == []


def test_every_module_opens_with_a_sentence() -> None:
    docs = {name_of(path): ast.get_docstring(tree(path)) or "" for path in MODULES}
    assert [name for name, text in docs.items() if not re.match(r"\S.+[.:;]", text)] == []


def test_only_the_named_entry_points_catch_everything() -> None:
    """`except BaseException` that raises again is clean-up, not swallowing."""
    caught = set()
    for path in MODULES:
        for node in nodes(path):
            if not isinstance(node, ast.ExceptHandler) or not _catches_everything(node):
                continue
            if not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                caught.add(name_of(path))
    assert caught <= set(MAY_CATCH_EVERYTHING)


def test_nothing_is_raised_where_a_group_is_caught() -> None:
    """Up to Python 3.11.3 such an error comes out in a group again, and no handler knows it (gh-103590)."""
    found = [
        f"{name_of(path)}:{inner.lineno}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.TryStar)
        for handler in node.handlers
        for inner in ast.walk(handler)
        if isinstance(inner, ast.Raise)
    ]
    assert found == [], "keep it, and raise it after the block"


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"} for kind in kinds)


def test_every_suppression_names_its_code_and_its_reason() -> None:
    bare = [
        f"{name_of(path)}:{line}: {comment}"
        for path in (*MODULES, *TESTS)
        if SUPPRESSION.search(text(path))
        for line, comment in comments(path)
        if (found := SUPPRESSION.search(comment)) and not WITH_CODE_AND_REASON.match(found["rest"])
    ]
    assert bare == []


def test_nothing_is_left_to_be_done_in_a_comment() -> None:
    left = [
        f"{name_of(path)}:{line}: {comment}"
        for path in (*MODULES, *TESTS)
        if UNFINISHED.search(text(path))
        for line, comment in comments(path)
        if UNFINISHED.search(comment)
    ]
    assert left == []


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: S101", "# type: ignore", "# type: ignore[arg-type]", "# pragma: no cover"]
)
def test_a_bare_suppression_is_found(comment: str) -> None:
    found = SUPPRESSION.search(comment)
    assert found is not None
    assert not WITH_CODE_AND_REASON.match(found["rest"])


@pytest.mark.parametrize("comment", ["# noqa: S101 - asked for above", "# type: ignore[arg-type]  # a wrong stub"])
def test_a_suppression_with_its_reason_is_fine(comment: str) -> None:
    found = SUPPRESSION.search(comment)
    assert found is not None
    assert WITH_CODE_AND_REASON.match(found["rest"])
