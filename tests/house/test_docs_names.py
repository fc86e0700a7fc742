"""What the documentation names is there: files, modules, functions, classes, events of the log, names in SQL."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from core.providers import registry
from core.settings import key_variables
from tests.house import source
from tests.house.source import ROOT, nodes, text, tree

PACKAGES = ("neverdark", "worker", "web", "bots", "core", "sandbox")
PAGES = sorted(
    [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
     *(ROOT / "sandbox").glob("*.md"), *(ROOT / "migrations").glob("*.md")]
)  # fmt: skip

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FILE = re.compile(r"^[\w./<>*-]+\.(py|md|sql|toml|yml|yaml|json|lock|example|in)(:\s*\w+)?$")
FOLDER = re.compile(
    r"^(?:[\w-]+/)+$|^(?:neverdark|worker|web|bots|core|sandbox|tests|docs|migrations|benchmarks)(?:/[\w-]+)+$"
)
MODULE = re.compile(r"^(?:python -m )?((?:neverdark|worker|web|bots|core|sandbox|tests|benchmarks)(?:\.\w+)+)\b")
DOTTED = re.compile(r"^(\w+)\.(\w+)$")
TARGET = re.compile(r"^(?:\w+=\S+ )*make ([\w-]+)")
NAME = re.compile(r"^_*[A-Za-z]\w*(\(.*\))?$")

NOT_OURS = {
    "core/providers/sora.py": "the adapter that `docs/providers.md` has you write",
    "tests/providers/test_sora.py": "its test",
    "sandbox/vendors/sora.py": "its stand-in",
    "python3": "a program",
    "pictures/": "a folder of the storage",
    "utils.py": "`CONTRIBUTING.md` says that there is none",
    **dict.fromkeys(("pgBackRest", "archive/", "archive_timeout"), "of Postgres and its tools"),
    **dict.fromkeys(("last_archived_time", "failed_count", "recovery_target_time"), "of Postgres and its tools"),
    **dict.fromkeys(("pg_basebackup", "paused", "now", "mkdir"), "of Postgres and its tools"),
    "refresh_interval": "of Prometheus",
    **dict.fromkeys(("AWS_ENDPOINT_URL", "GOOGLE_APPLICATION_CREDENTIALS"), "read by the clients of the stores"),
    "dist/": "made by the build",
    "NNNNNN_subject.sql": "the name of every migration",
    "pg_dump": "a program",
}
"""What the documentation names, and the repository does not hold, with the reason."""


def quoted(page: Path) -> list[str]:
    return QUOTED.findall(FENCED.sub("", text(page)))


@cache
def files() -> frozenset[str]:
    """Everything that is kept in the repository, by its path."""
    kept = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    found = {path for folder in kept for path in folder.rglob("*") if "__pycache__" not in path.parts}
    return frozenset(path.relative_to(ROOT).as_posix() for path in [*found, *ROOT.glob("*")])


@cache
def defined(path: Path) -> frozenset[str]:
    """The functions, classes, methods and variables of a module."""
    return frozenset(_defined(nodes(path)))


def _defined(all_nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in all_nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def modules() -> tuple[Path, ...]:
    return source.modules(*PACKAGES, "tests", "benchmarks")


@cache
def vocabulary() -> frozenset[str]:
    """Every name that code defines, every word of SQL and settings, and every text that code holds as a value."""
    ours = [path for path in modules() if path.parent != Path(__file__).parent]
    names = {name for path in ours for name in defined(path)}
    for path in ours:
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 2000:
                names.add(node.value)
                names |= set(re.findall(r"\w+", node.value))
            elif isinstance(node, ast.keyword) and node.arg:
                names.add(node.arg)
    texts = [ROOT / name for name in (".env.example", "pyproject.toml", "Makefile")]
    pages = [
        path for folder in PACKAGES for end in ("json", "js", "html") for path in (ROOT / folder).rglob(f"*.{end}")
    ]
    for path in [*texts, *pages]:
        names |= set(re.findall(r"\w+", text(path)))
    return frozenset(names) | sql()


@cache
def sql() -> frozenset[str]:
    """The words of the migrations: tables, columns, functions."""
    return frozenset(word for path in (ROOT / "migrations").glob("*.sql") for word in re.findall(r"\w+", text(path)))


@cache
def targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([\w-]+):(?!=)", text(ROOT / "Makefile"), re.MULTILINE))


def is_there(text: str) -> bool:
    """Whether what is quoted is ours and there, or not the name of anything that this test knows."""
    if text in NOT_OURS:
        return True
    if FILE.match(text):
        return _has_file(*re.split(r":\s*", text, maxsplit=1))
    if FOLDER.match(text):
        name = text.rstrip("/")
        return any(path == name or path.endswith(f"/{name}") or f"/{name}/" in f"/{path}" for path in files())
    if found := TARGET.match(text):
        return found[1] in targets() or found[1].startswith("bench-")
    if found := MODULE.match(text):
        return _has_module(found[1]) or text in vocabulary()  # an event of the log
    if found := DOTTED.match(text):
        return _has_dotted(text, found[1], found[2])
    if NAME.match(text):
        name = text.split("(", maxsplit=1)[0]
        looks_like_code = "_" in name.strip("_") or text.endswith(")") or re.search(r"[a-z][A-Z]", name)
        return not looks_like_code or name in vocabulary() or _is_setting(name)
    return True


def _has_file(path: str, name: str = "") -> bool:
    pattern = re.compile(r"(?:.*/)?" + re.sub(r"<\w+>|\\\*", r"[^/]+", re.escape(path)))
    found = [one for one in files() if pattern.fullmatch(one)]
    return bool(found) and (not name or any(name in defined(ROOT / one) for one in found if one.endswith(".py")))


def _has_module(dotted: str) -> bool:
    """The module, or the module and something in it."""
    path = dotted.replace(".", "/")
    if f"{path}.py" in files() or path in files():
        return True
    parent, _, name = path.rpartition("/")
    return f"{parent}.py" in files() and name in defined(ROOT / f"{parent}.py")


def _has_dotted(text: str, owner: str, name: str) -> bool:
    """An event of the log, a route, a table's column, a module's function, a class's attribute."""
    if text in vocabulary() or {owner, name} <= sql():
        return True
    return name in classes().get(owner, ()) or any(path.stem == owner and name in defined(path) for path in modules())


@cache
def classes() -> dict[str, frozenset[str]]:
    """What each class of any module defines."""
    return {
        node.name: frozenset(_defined(each for part in node.body for each in ast.walk(part)))
        for path in modules()
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
    }


def _is_setting(name: str) -> bool:
    """A setting is named whole, or by its beginning or end: `VEO_VERTEX_`, `USD_PER_DAY`."""
    routes = tuple(key_variables(entry.key)[0].removesuffix("KEY") for entry in registry.ENTRIES)
    if route := next((prefix for prefix in routes if name.startswith(prefix)), None):
        return not name.removeprefix(route) or name.removeprefix(route).lower() in vocabulary()
    settings = re.findall(r"[A-Z][A-Z0-9_]+", text(ROOT / ".env.example"))
    if name.isupper() and name.lower() in vocabulary():
        return True
    return name.isupper() and any(one.startswith(name) or one.endswith(f"_{name}") for one in settings)


def test_there_are_pages_and_names_to_look_at() -> None:
    assert len(PAGES) > 20
    assert sum(len(quoted(page)) for page in PAGES) > 500


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    assert sorted({text for text in quoted(page) if not is_there(text)}) == []


@pytest.mark.parametrize(
    "text",
    [
        "core/vanished.py", "vanished.py", "core/domain/text.py: vanished", "core/vanished", "make vanished",
        "bots/<platform>/vanished.py", "python -m benchmarks.vanished", "core.domain.vanished", "vanished.event",
        "core.domain.text.vanished", "Drain._vanished", "text.vanished", "vanished_function", "vanished()",
        "VanishedAway", "tests/worker/test_vanished*.py",
    ],
)  # fmt: skip
def test_a_name_of_nothing_is_found(text: str) -> None:
    assert not is_there(text)


@pytest.mark.parametrize(
    "text",
    [
        "core/domain/text.py", "text.py", "core/domain/text.py: clean", "core/domain",
        "bots/<platform>/people/callers.py",
        "make run", "python -m benchmarks.web", "core.domain.text", "core.domain.text.clean", "generation.poison",
        "text.clean", "consume_credits_atomic", "nd_now()", "StorageAway", "tests/worker/test_kills*.py", "off", "30d",
    ],
)  # fmt: skip
def test_a_name_of_something_is_found(text: str) -> None:
    assert is_there(text)
