"""What a stranger finds in the repository: nothing of the machine it was written on, and every setting explained."""

import os
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from core.domain.requests.tiers import TierName
from core.providers import registry
from core.settings import key_variables, last_resort_variable

ROOT = Path(__file__).resolve().parents[2]

GENERATED = {
    *(
        ".git",
        ".venv",
        ".venv-lock",
        ".venv-official",
        ".venv-bench",
        ".state",
        ".hypothesis",
        "__pycache__",
        "build",
        "dist",
        ".out",
    ),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache"),
}
TEXTS = {
    "",
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".sql",
    ".yml",
    ".yaml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".sh",
    ".example",
}

INDEX_HOST = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|--(extra-)?index-url\s+\S*://|deb\.debian\.org")
HOME_PATH = re.compile(r"(?<![\w.~/-])/(home|root|Users)/[a-z]\w*/")
MIGRATION = re.compile(r"^(\d{6})_[a-z0-9_]+\.sql$")


def texts() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and not name.endswith(".egg-info")]
        paths = (Path(folder, name) for name in files if name not in GENERATED)
        found += [path for path in paths if path.suffix in TEXTS and path.is_file()]
    return sorted(found)


def test_no_file_names_a_package_index_or_somebodys_home() -> None:
    named = [
        (path.relative_to(ROOT).as_posix(), found[0])
        for path in texts()
        if path != Path(__file__).resolve()
        for pattern in (INDEX_HOST, HOME_PATH)
        if (found := pattern.search(path.read_text(errors="ignore")))
    ]
    assert named == []


LOCKS = ("requirements.lock", "requirements-run.lock")
"""Everything, and what running needs."""


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", each)[0].lower().replace("_", "-").replace(".", "-") for each in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_a_hash_for_everything(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_files_pin_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run, everything = pins("requirements-run.lock"), pins("requirements.lock")
    extras = [each for extra in project["optional-dependencies"].values() for each in extra]
    assert names([*project["dependencies"], "setuptools"]) <= run.keys()
    assert names([*project["dependencies"], *extras, "setuptools"]) <= everything.keys()
    assert names(extras) & run.keys() == set(), "`make run` installs what only the tests need"
    assert run.items() <= everything.items(), "the two locks differ: run `make lock`"


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs/architecture.md"])
def test_the_papers_are_there(name: str) -> None:
    assert len((ROOT / name).read_text()) > 200


def test_the_changelog_tells_of_this_version_or_what_comes_next() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings
    assert headings[0] in {"Unreleased", version}


def test_migrations_are_numbered_and_marked() -> None:
    others = {"schema.sql", "README.md"}
    files = sorted(path for path in (ROOT / "migrations").iterdir() if path.name not in others)
    numbers = [match[1] for path in files if (match := MIGRATION.match(path.name))]
    assert len(numbers) == len(files), "a migration is called NNNNNN_name.sql"
    assert len(set(numbers)) == len(numbers), "two migrations have the same number"
    for path in files:
        lines = path.read_text().splitlines()
        assert lines[0].startswith("-- migrate:up"), path.name
        marks = [index for index, line in enumerate(lines) if line.startswith("-- migrate:down")]
        assert len(marks) == 1, path.name
        rest = [line for line in lines[marks[0] + 1 :] if line.strip() and not line.startswith("--")]
        assert rest == [], f"{path.name} goes backwards: migrations are forward only"


def documented() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    "module", ["core.settings", *(f"bots.{path.parent.name}.settings" for path in ROOT.glob("bots/*/settings.py"))]
)
def test_the_example_explains_every_setting(module: str) -> None:
    groups = [
        group
        for group in vars(import_module(module)).values()
        if isinstance(group, type) and issubclass(group, BaseSettings) and not group.__name__.startswith("_")
    ]
    assert {name.upper() for group in groups for name in group.model_fields} - documented() == set()


def test_the_example_explains_every_route_and_tier() -> None:
    wanted = {key_variables(entry.key)[0] for entry in registry.ENTRIES if entry.shares is None}
    wanted |= {last_resort_variable(tier) for tier in TierName}
    assert wanted - documented() == set()


def test_the_example_sets_nothing_when_it_is_copied() -> None:
    """A copied default would stay when a later version has a better one, and would win over the sandbox's."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if re.match(r"[A-Z0-9_]+=.+", line)] == []
