"""Whether the tests notice: changes a module in many small ways, one at a time, and runs the tests that import it.

    make mutants FILE=core/domain/routing/router.py N=40 SEED=1

A mutant is a change such as `<` into `<=`, 3 into 4, `and` into `or`, or a keyword argument that is left out. It is
killed when a test fails, and it has survived when all pass: then a test is missing, or the change means nothing. No
file is touched: each mutant lives in a process of its own, forked from one that has already imported the libraries.
"""

import argparse
import ast
import contextlib
import gc
import importlib
import importlib.machinery
import io
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parent.parent
OURS = {"neverdark", "bots", "core", "worker", "web", "sandbox", "tests", "benchmarks", "conftest"}
QUICK = {"core/domain": ("tests/core/domain",), "core/providers": ("tests/providers",)}
"""Where the quick tests of a package are: those that need no server. Elsewhere, name the tests with `TESTS=`."""
SPARE_S = 10.0
"""A mutant may take this much longer than twice the time of the module as it is; then it counts as killed."""

EXAMPLES = 40
"""Of each property that does not say how many it wants; the tests take 100."""

_LIBRARIES_ARE_THERE = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"

NEIGHBOURS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPPOSITES: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed module."""

    line: int
    before: str
    after: str
    tree: ast.Module


def main() -> int:
    """Prints every survivor, and how many were killed. 0 if all of them were."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", type=Path, nargs="+")
    arguments.add_argument("--n", type=int, default=40, help="how many mutants, of all that there are")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--tests", type=Path, nargs="*", help="instead of the tests that import the module")
    options = arguments.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    settings.register_profile(
        "mutants",
        deadline=None,
        derandomize=True,
        database=None,
        max_examples=EXAMPLES,
        phases=(Phase.explicit, Phase.generate),
    )
    survived = 0
    for file in options.file:
        survived += _judge(file, n=options.n, seed=options.seed, tests=options.tests)
    return 1 if survived else 0


def _judge(file: Path, *, n: int, seed: int, tests: list[Path] | None) -> int:
    tests = tests or tests_of(file)
    if not tests:
        _say(f"{file}: no quick test imports it")
        return n
    began = time.monotonic()
    baseline = _fork(file, None, tests, within_s=600)
    if baseline is None or not baseline["passed"]:
        _say(f"{file}: its tests fail as it is: {' '.join(map(str, tests))}")
        return n
    within_s = 2 * (time.monotonic() - began) + SPARE_S
    for name in baseline["modules"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.freeze()  # all that is imported stays, here and in every fork
    took: dict[str, float] = baseline["took_s"]
    tests = sorted(tests, key=lambda path: took.get(str(path), 0.0))  # most mutants end with the first file
    everything = list(mutants(ast.parse(file.read_text())))
    chosen = random.Random(f"{seed}:{file}").sample(range(len(everything)), min(n, len(everything)))
    lines = file.read_text().splitlines()
    survivors = 0
    for index in sorted(chosen):
        mutant = everything[index]
        answer = _fork(file, mutant, tests, within_s=within_s)
        if answer is not None and answer["passed"]:
            survivors += 1
            _say(f"  survived {file}:{mutant.line}: {lines[mutant.line - 1].strip()}")
            _say(f"           {mutant.before}  ->  {mutant.after}")
    killed, took_s = len(chosen) - survivors, time.monotonic() - began
    _say(f"{file}: {killed}/{len(chosen)} killed, of {len(everything)} there are, seed {seed}, {took_s:.0f} s")
    return survivors


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tests_of(file: Path) -> list[Path]:
    """The quick test files that import the module, its own first, and those of the modules that it is a part of."""
    module = ".".join(file.with_suffix("").parts)
    package, folders = next(((found, QUICK[found]) for found in QUICK if file.is_relative_to(found)), ("", ()))
    users = [path for path in Path(package or ".").rglob("*.py") if package and module in _imported(path)]
    own = [f"test_{stem}" for stem in (file.stem, *(path.stem for path in users))]
    found = [
        path
        for folder in folders
        for path in Path(folder).rglob("test_*.py")
        if path.stem.startswith(tuple(own)) or module in _imported(path)
    ]
    return sorted(found, key=lambda path: (not path.stem.startswith(own[0]), path))


@cache
def _imported(path: Path) -> frozenset[str]:
    return frozenset(_imports(ast.parse(path.read_text())))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads the mutant where the module is asked for."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> object:  # type: ignore[override]  # typeshed wants a CodeType
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class _Finder:
    def __init__(self, file: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = ".".join(file.with_suffix("").parts), str(ROOT / file), tree

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> object:
        if name != self._name:
            return None
        loader = _Changed(name, self._path, self._tree)
        return importlib.machinery.ModuleSpec(name, loader, origin=self._path)


def _fork(file: Path, mutant: Mutant | None, tests: list[Path], *, within_s: float) -> dict[str, Any] | None:
    """What a process of its own says of the tests; None where it ended in another way, or took too long."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(int(within_s) + 1)
        _child(file, mutant, tests, writer)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


class _Clock:
    """A pytest plugin: how long the tests of each file take. Examples come before properties, which take longer."""

    def __init__(self) -> None:
        self.took_s: dict[str, float] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.location[0]
        self.took_s[file] = self.took_s.get(file, 0.0) + report.duration


def _child(file: Path, mutant: Mutant | None, tests: list[Path], writer: int) -> None:
    if mutant is not None:
        sys.meta_path.insert(0, _Finder(file, mutant.tree))  # type: ignore[arg-type]  # it has all that is called
    gc.disable()
    out, clock = io.StringIO(), _Clock()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        how = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants", "-W", _LIBRARIES_ARE_THERE]
        code = pytest.main([*how, *map(str, tests)], plugins=[clock])
    modules = [name for name in sys.modules if name.partition(".")[0] not in OURS and not name.startswith("_")]
    if code and mutant is None:
        sys.stderr.write(out.getvalue())
    told = {"passed": code == 0, "modules": modules if mutant is None else [], "took_s": clock.took_s}
    os.write(writer, json.dumps(told).encode())
    os._exit(0)


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Every mutant that there is, in the order of the file."""
    places = sorted(
        _places(tree), key=lambda place: (getattr(place[1], "lineno", 0), getattr(place[1], "col_offset", 0))
    )
    for path, node in places:
        for changed in _changes(node):
            copy = deepcopy(tree)
            _replace(copy, path, changed)
            ast.fix_missing_locations(copy)
            line: int = getattr(node, "lineno", 1)
            yield Mutant(line=line, before=_shown(node), after=_shown(changed), tree=copy)


Place = tuple[tuple[str, int | None], ...]
"""Where a node is: the fields that lead to it, and the places in those that are lists."""


def _places(node: ast.AST, path: Place = ()) -> Iterator[tuple[Place, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_comment", "bases", "keywords"} and not isinstance(
            node, ast.Call
        ):
            continue
        if isinstance(value, ast.AST):
            yield (*path, (field, None)), value
            yield from _places(value, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_words(item):
                    yield (*path, (field, index)), item
                    yield from _places(item, (*path, (field, index)))


def _is_words(node: ast.AST) -> bool:
    """Docstrings, and names of types."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replace(tree: ast.AST, path: Place, changed: ast.AST) -> None:
    parent, (field, index) = tree, path[-1]
    for name, place in path[:-1]:
        parent = getattr(parent, name) if place is None else getattr(parent, name)[place]
    if index is None:
        setattr(parent, field, changed)
    else:
        getattr(parent, field)[index] = changed


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for index, op in enumerate(ops):
                for other in NEIGHBOURS[type(op)]:
                    yield ast.Compare(left=left, ops=[*ops[:index], other(), *ops[index + 1 :]], comparators=others)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(op=ast.Or() if isinstance(op, ast.And) else ast.And(), values=values)
            for index in range(len(values)):
                rest = [*values[:index], *values[index + 1 :]]
                yield ast.BoolOp(op=op, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPPOSITES and not _is_text(left, right):
            yield ast.BinOp(left=left, op=OPPOSITES[type(op)](), right=right)
        case ast.Constant():
            yield from (ast.Constant(value=value) for value in _other_values(node.value))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in NAMES:
            yield ast.Call(func=ast.Name(id=NAMES[name], ctx=ast.Load()), args=args, keywords=keywords)
            yield from _without_keywords(node)
        case ast.Call():
            yield from _without_keywords(node)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case _:
            yield from _changed_statements(node)


def _other_values(value: object) -> Iterator[bool | float | str]:
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
        case float():
            yield from (value * 1.25 + (value == 0), value * 0.8 - (value == 0))
        case str() if " " not in value:
            yield f"{value}x"
        case _:
            return


def _changed_statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If(body=body, orelse=orelse):
            for value in (True, False):
                yield ast.If(test=ast.Constant(value=value), body=body, orelse=orelse)
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(value=ast.Constant(value=None))
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return  # nothing comes there
        case ast.Raise() | ast.AugAssign() | ast.Expr():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case _:
            return


def _without_keywords(call: ast.Call) -> Iterator[ast.Call]:
    for index in range(len(call.keywords)):
        yield ast.Call(func=call.func, args=call.args, keywords=[*call.keywords[:index], *call.keywords[index + 1 :]])


def _is_text(*nodes: ast.AST) -> bool:
    return any(
        isinstance(n, ast.JoinedStr) or (isinstance(n, ast.Constant) and isinstance(n.value, str)) for n in nodes
    )


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(deepcopy(node))).split())
    return text if len(text) <= 110 else f"{text[:55]} … {text[-55:]}"


if __name__ == "__main__":
    sys.exit(main())
