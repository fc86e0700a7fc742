"""Whether the tests notice: changes a module in many small ways, one at a time, and runs the tests that import it.

    make mutants FILE=core/domain/routing/router.py N=40 SEED=1

A mutant is a change such as `<` into `<=`, 3 into 4, `and` into `or`, or a keyword argument that is left out
(`tests/mutant_kinds.py`). It is killed when a test fails, and it has survived when all pass: then a test is missing, or
the change means nothing. No file is touched: each mutant lives in a process of its own.

A change in the body of a function that nothing calls while the tests are imported is the usual case, and quick: the
process is forked from one that has collected the tests, gives the function its changed code, and runs the tests that
call it, the shortest first. Every other change (a table, a default) needs an import and a collection of its own, and
every test.
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
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.main import pytest_runtestloop as run_all
from hypothesis import Phase, settings

from tests.mutant_kinds import FunctionKey, Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = {"neverdark", "bots", "core", "worker", "web", "sandbox"}
OURS = {*PRODUCT, "tests", "benchmarks", "templates", "conftest"}
QUICK = {
    "core/domain": ("tests/core/domain",),
    "core/providers": ("tests/providers",),
    "core/http/loose.py": ("tests/core/http/test_loose.py",),
    "core/http/responses.py": ("tests/core/http/test_responses.py",),
    "core/db/database_url.py": ("tests/core/db/test_database_url.py",),
    "core/redis_url.py": ("tests/core/test_redis_url.py",),
    "core/setting_kinds.py": ("tests/core/test_setting_kinds.py",),
    "bots/discord/api/places.py": ("tests/bots/discord/test_limits.py",),
    "bots/discord/delivery/limits.py": ("tests/bots/discord/test_limits.py",),
    "bots/slack/api/limits.py": ("tests/bots/slack/test_limits.py",),
    "bots/slack/api/places.py": ("tests/bots/slack/test_limits.py",),
    "bots/slack/api/parse.py": ("tests/bots/slack/test_parse.py",),
    "bots/slack/inbound/typed_words.py": ("tests/bots/slack/test_parse.py",),
}
"""Where the quick tests of a package or a parser are: those that need no server. Elsewhere, name them with `TESTS=`."""
NOT_QUICK = {Path("tests/providers/test_sandbox.py"), Path("tests/providers/test_sixth.py")}
"""They start servers and programs: a mutant that survives would cost minutes."""
WALKING = {"core/domain": (Path("tests/core/domain/test_words_and_defaults.py"),)}
"""Tests that look at every module of a package, without naming it."""
SPARE_S = 10.0
"""A mutant may take this much longer than twice the time of the module as it is; then it counts as killed."""

EXAMPLES = 40
"""Of each property that does not say how many it wants; the tests take 100."""

PYTEST = (
    *("-x", "-q", "--tb=short", "-p", "no:cacheprovider", "--capture=sys", "-o", "faulthandler_timeout=0"),
    *("--hypothesis-profile=mutants", "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
)

Answer = dict[str, Any]
"""What a process tells the one that forked it, as JSON."""


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
    sys.dont_write_bytecode = False  # else every process compiles every test again
    settings.register_profile(
        "mutants",
        deadline=None,
        derandomize=True,
        database=None,
        max_examples=EXAMPLES,
        phases=(Phase.explicit, Phase.generate),
    )
    survived = 0
    for file in options.file:  # what one has imported is in nobody else's way
        tests = options.tests or tests_of(file)
        answer = fork(partial(_judge, file, n=options.n, seed=options.seed, tests=tests), within_s=None)
        survived += options.n if answer is None else answer["survived"]
    return 1 if survived else 0


def _judge(file: Path, *, n: int, seed: int, tests: list[Path]) -> Answer:
    everything = list(mutants(ast.parse(file.read_text())))
    chosen = sorted(random.Random(f"{seed}:{file}").sample(range(len(everything)), min(n, len(everything))))
    if not chosen:
        _say(f"{file}: nothing to change")
        return {"survived": 0}
    if not tests:
        _say(f"{file}: no quick test imports it")
        return {"survived": len(chosen)}
    began = time.monotonic()
    known = fork(partial(_tests, tests, _Watch(file)), within_s=600)
    if known is None or not known["passed"]:
        _say(f"{file}: its tests fail as it is: {' '.join(map(str, tests))}\n{(known or {}).get('said', '')}")
        return {"survived": len(chosen)}
    within_s = 2 * (time.monotonic() - began) + SPARE_S
    _import_what_stays(file, known["modules"])
    is_quick = {index: everything[index].function not in {None, *known["at_import"]} for index in chosen}
    quick = [everything[index] for index in chosen if is_quick[index]]
    of_quick = fork(partial(_tests, tests, _Swap(file, quick, known, within_s=within_s)), within_s=None) or {}
    told = of_quick.get("answers", [])
    if len(told) < len(quick):
        _say(f"{file}: its tests cannot be collected twice\n{of_quick.get('said', '')}")
        return {"survived": len(chosen)}
    answers = iter(told)
    lines = file.read_text().splitlines()
    survivors = 0
    for index in chosen:
        mutant = everything[index]
        passed = next(answers) if is_quick[index] else None
        if passed is None:
            passed = all(_passes(group, file, mutant, known, within_s=within_s) for group in _own_first(file, tests))
        if passed:
            survivors += 1
            _say(f"  survived {file}:{mutant.line}: {lines[mutant.line - 1].strip()}")
            _say(f"           {mutant.before}  ->  {mutant.after}")
    killed, took_s = len(chosen) - survivors, time.monotonic() - began
    _say(f"{file}: {killed}/{len(chosen)} killed, of {len(everything)} there are, seed {seed}, {took_s:.0f} s")
    return {"survived": survivors}


def _passes(tests: list[Path], file: Path, mutant: Mutant, known: Answer, *, within_s: float) -> bool:
    answer = fork(partial(_tests, tests, _Anew(file, mutant, known)), within_s=within_s)
    return answer is not None and answer["passed"]


def _own_first(file: Path, tests: list[Path]) -> Iterator[list[Path]]:
    """The tests of the module itself and those that walk, which see most; then all others, if there are."""
    own = [path for path in tests if path.stem.startswith(f"test_{file.stem}") or path in sum(WALKING.values(), ())]
    yield from filter(None, (own, [path for path in tests if path not in own]))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fork(work: Callable[[], Answer], *, within_s: float | None) -> Answer | None:
    """What `work` answers, in a process of its own; None where that ended in another way, or took too long."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        if within_s is not None:
            signal.alarm(int(within_s) + 1)
        try:
            answer = json.dumps(work())
            with os.fdopen(writer, "w") as pipe:
                pipe.write(answer)
        except Exception:  # noqa: BLE001 - nobody is above it who could hear it
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def _tests(tests: list[Path], plugin: "_Plugin") -> Answer:
    """Runs the tests, and answers what the plugin has to say."""
    gc.disable()
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = pytest.main([*PYTEST, *plugin.options, *map(str, tests)], plugins=[plugin])
    return {"passed": code == 0, "said": out.getvalue() if code else "", **plugin.answer()}


class _Plugin:
    options: tuple[str, ...] = ("--tb=no",)

    def answer(self) -> Answer:
        return {}


class _Watch(_Plugin):
    """The module as it is: how long each test takes, and which functions of the module are called, by which test."""

    options = ()

    def __init__(self, file: Path) -> None:
        self._path = str(ROOT / file)
        self._running = ""
        self._calls: dict[str, set[FunctionKey]] = {"": set()}
        self._took_s: dict[str, float] = {}
        threading.settrace(self._called)
        sys.settrace(self._called)

    def _called(self, frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code.co_filename == self._path:
            self._calls[self._running].add(key_of(frame.f_code))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._running, began = item.nodeid, time.monotonic()
        self._calls[self._running] = set()
        try:
            return (yield)
        finally:
            self._took_s[item.nodeid] = time.monotonic() - began
            self._running = ""

    def answer(self) -> Answer:
        sys.settrace(None)
        calls = {test: sorted(called) for test, called in self._calls.items() if test}
        modules = [name for name in sys.modules if not name.startswith("_")]
        return {"at_import": sorted(self._calls[""]), "calls": calls, "took_s": self._took_s, "modules": modules}


def key_of(code: CodeType) -> FunctionKey:
    """The outermost function that the code belongs to; what is within it has no other first line for our purpose."""
    return f"{code.co_qualname.partition('.<locals>')[0]}:{code.co_firstlineno}"


def _shortest_first(items: list[pytest.Item], known: Answer) -> None:
    items.sort(key=lambda item: known["took_s"].get(item.nodeid, 0.0))


class _Swap(_Plugin):
    """Collects the tests once. Then each mutant has a process of its own, in which one function has other code."""

    def __init__(self, file: Path, chosen: Sequence[Mutant], known: Answer, *, within_s: float) -> None:
        self._path, self._chosen, self._known, self._within_s = str(ROOT / file), chosen, known, within_s
        self._answers: list[bool | None] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        gc.unfreeze()
        found = [each for each in gc.get_objects() if isinstance(each, FunctionType)]
        functions = [each for each in found if each.__code__.co_filename == self._path]
        gc.freeze()  # all that is imported and collected stays, here and in every fork
        for mutant in self._chosen:
            code = _function_in(mutant.code(self._path), mutant.function)
            same = [each for each in functions if key_of(each.__code__) == mutant.function]
            if code is None or not same or len(code.co_freevars) != len(same[0].__code__.co_freevars):
                self._answers.append(None)
                continue
            answer = fork(partial(self._one, session, mutant, code, same), within_s=self._within_s)
            self._answers.append(answer is not None and answer["passed"])
        return True

    def _one(self, session: pytest.Session, mutant: Mutant, code: CodeType, same: list[FunctionType]) -> Answer:
        for function in same:
            function.__code__ = code
        session.items = [each for each in session.items if mutant.function in self._known["calls"].get(each.nodeid, ())]
        _shortest_first(session.items, self._known)
        try:
            run_all(session)
            session._setupstate.teardown_exact(None)
        except (pytest.Session.Failed, pytest.Session.Interrupted):
            return {"passed": False}
        return {"passed": session.testsfailed == 0}

    def answer(self) -> Answer:
        return {"answers": self._answers}


def _function_in(module: CodeType, key: FunctionKey | None) -> CodeType | None:
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            if key_of(constant) == key:
                return constant
            if (within := _function_in(constant, key)) is not None:
                return within
    return None


class _Anew(_Plugin):
    """Everything is imported with the mutant in the module's place."""

    def __init__(self, file: Path, mutant: Mutant, known: Answer) -> None:
        self._known = known
        sys.meta_path.insert(0, _Finder(file, mutant))  # type: ignore[arg-type]  # it has all that is called

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        _shortest_first(items, self._known)


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads the mutant where the module is asked for."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code


class _Finder:
    def __init__(self, file: Path, mutant: Mutant) -> None:
        self._name, self._path, self._mutant = module_of(file), str(ROOT / file), mutant

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> object:
        if name != self._name:
            return None
        loader = _Changed(name, self._path, self._mutant.code(self._path))
        return importlib.machinery.ModuleSpec(name, loader, origin=self._path)


def _import_what_stays(file: Path, names: list[str]) -> None:
    """Libraries, and what of ours does not import the module, are the same for each mutant: they are imported once."""
    for name in names:
        top = name.partition(".")[0]
        if top == "hypothesis":
            continue  # its plugin does not like what has already looked at its storage
        if top not in OURS or (top in PRODUCT and not _reaches(name, module_of(file))):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    if module_of(file) in sys.modules:
        message = f"{file} is imported by something that does not name it"
        raise RuntimeError(message)
    gc.freeze()  # here and in every fork


@cache
def _reaches(name: str, target: str) -> bool:
    """Whether importing `name` imports `target`, by all that its text and its packages name."""
    seen, waiting = {name}, [name]
    while waiting:
        each = waiting.pop()
        if each == target:
            return True
        path = Path(*each.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        named = _imported(file) if file.is_file() else frozenset()
        packages = {each.rpartition(".")[0]} - {""}
        new = {found for found in named | packages if found.partition(".")[0] in PRODUCT} - seen
        seen |= new
        waiting.extend(new)
    return False


def module_of(file: Path) -> str:
    return ".".join(file.with_suffix("").parts)


def tests_of(file: Path) -> list[Path]:
    """The quick test files that import the module, its own first, and those of the modules that it is a part of."""
    module = module_of(file)
    package, folders = next(((found, QUICK[found]) for found in QUICK if file.is_relative_to(found)), ("", ()))
    users = [path for path in Path(package or ".").rglob("*.py") if package and module in _imported(path)]
    own = [f"test_{stem}" for stem in (file.stem, *(path.stem for path in users))]
    found = [
        path
        for place in map(Path, folders)
        for path in (place.rglob("test_*.py") if place.is_dir() else (place,))
        if path not in NOT_QUICK and (path.stem.startswith(tuple(own)) or module in _imported(path))
    ]
    return [*sorted(found, key=lambda path: (not path.stem.startswith(own[0]), path)), *WALKING.get(package, ())]


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


if __name__ == "__main__":
    sys.exit(main())
