"""Who may know what, where import contracts do not reach: third-party libraries, purity, names of platforms.

Who of ours may import whom is in pyproject.toml, under import-linter.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bots.registry import PLATFORMS
from tests.house.source import OURS, ROOT, modules, name_of, nodes

HOMES = {
    "arq": ("core/queue.py",),
    "asyncpg": ("core/db/", "neverdark/migrate.py", "neverdark/roles.py"),
    "obstore": ("core/storage.py",),
    "opentelemetry": ("core/otlp.py",),
    "authlib": ("web/oidc_provider.py",),
    "joserfc": ("web/oidc_provider.py",),
    "slack_bolt": ("bots/slack/",),
    "slack_sdk": ("bots/slack/",),
    "discord": ("bots/discord/",),
    "pydantic_settings": (
        "core/settings.py",
        "bots/slack/settings.py",
        "bots/discord/settings.py",
        "neverdark/settings_reference.py",
    ),
    "av": ("core/media/",),
    "PIL": ("core/media/", "core/replies/credits/chart.py"),
    "pillow_heif": ("core/media/",),
    "aiohttp": ("bots/",),
    "typer": ("neverdark/",),
    "rich": ("neverdark/",),
    "starlette": ("web/", "bots/"),
    "uvicorn": ("web/",),
}
"""The only places of ours that may import a library."""

IMPURE = {
    *(
        "asyncio",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "signal",
        "socket",
    ),
    *("sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "http", "ssl"),
}
CLOCKS = {"now", "utcnow", "today", "uuid1", "uuid4"}


@cache
def imported(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return frozenset(found)


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_in_its_home_only(library: str) -> None:
    strangers = [
        name
        for path in modules(*OURS)
        if not (name := name_of(path)).startswith(HOMES[library])
        and any(module.split(".")[0] == library for module in imported(path))
    ]
    assert strangers == []


def test_the_domain_imports_the_standard_library_and_itself() -> None:
    foreign = [
        (path.name, module)
        for path in modules("core/domain")
        for module in imported(path)
        if not module.startswith("core.domain") and module.split(".")[0] not in sys.stdlib_module_names - IMPURE
    ]
    assert foreign == []


def test_the_domain_asks_no_clock_and_no_dice() -> None:
    asked = [
        (path.name, node.lineno, node.func.attr)
        for path in modules("core/domain")
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert asked == []


def test_the_sandbox_imports_nothing_of_ours_but_itself() -> None:
    found = [
        (path.name, module) for path in modules("sandbox") for module in imported(path) if module.split(".")[0] in OURS
    ]
    assert found == []


def test_no_name_or_value_in_core_is_that_of_a_chat_platform() -> None:
    """Documentation may give them as examples; code may not know them."""
    found = [
        (name_of(path), line, word)
        for path in modules("core")
        for line, word in words(path)
        if any(platform in word.lower() for platform in PLATFORMS)
    ]
    assert found == []


def words(path: Path) -> Iterator[tuple[int, str]]:
    """Identifiers and string values, without the strings that stand alone, which are documentation."""
    documentation = {
        id(node.value) for node in nodes(path) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in nodes(path):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                yield line, text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield line, name


def test_every_package_is_type_checked_and_under_the_import_contracts() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    contracts = tools["importlinter"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages | {"tests"} == set(tools["mypy"]["packages"])
    assert packages == set(contracts["root_packages"])
    layered = {
        name.strip("() ")
        for contract in contracts["contracts"]
        if contract["id"] == "house"
        for layer in contract["layers"]
        for name in layer.split("|")
    }
    assert packages - {"sandbox"} <= layered
    exhaustive = {container for c in contracts["contracts"] if c.get("exhaustive") for container in c["containers"]}
    assert packages - {"sandbox"} <= exhaustive
