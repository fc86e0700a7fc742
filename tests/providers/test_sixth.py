"""A sixth provider takes one file, one registry line and one test file; `make provider` writes them, and a stand-in.

Here is its template under its own name, in this process; a copy of the repository is where the written files run.
"""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.pricing import fit, quote
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from core.ports import TaskSucceeded
from core.providers.adapter import RouteConfig
from core.providers.registry import ENTRIES, Entry, build, settings
from templates.new_provider import ROOT, NotAName, write
from templates.provider import adapter as aurora
from templates.provider.contract_test import TestAurora
from tests.providers.harness import KEY, KNOWN, MP4, Reply, Vendor, job, wiring

AURORA_LINE = Entry(key=RouteKey("aurora.api"), provider=aurora.AURORA, build=aurora.Aurora, defaults=aurora.DEFAULTS,
                    offer=aurora.offer)  # fmt: skip
KNOWN.append(AURORA_LINE)


async def test_with_its_line_it_is_priced_planned_and_reached_like_the_others(tmp_path: Path) -> None:
    vendor = Vendor([TestAurora.created, *TestAurora.succeeded, Reply(body=MP4)])
    config = {AURORA_LINE.key: RouteConfig(api_key=KEY)}
    registry = build(config, wiring=wiring(vendor), entries=(*ENTRIES, AURORA_LINE))
    tier = replace(TIERS[TierName.DEFAULT], chain=(*TIERS[TierName.DEFAULT].chain, aurora.AURORA))
    asked = VideoRequest(prompt="x")
    quoted = quote(asked, registry.offers, providers=tier.chain, credits_per_usd=150)
    assert quoted.by_provider[aurora.AURORA] == 60
    assert fit(asked, registry.offers[aurora.AURORA].capabilities).lines == 720
    (key,) = registry.order(aurora.AURORA)
    route = registry.routes[key]
    task_id = await route.submit(job(registry.offers[aurora.AURORA], asked))
    answer = await route.poll(task_id)
    assert isinstance(answer, TaskSucceeded)
    await route.download(task_id, RemoteClip(url=answer.clip.url), to=tmp_path / "v.mp4")
    assert (tmp_path / "v.mp4").read_bytes() == MP4
    await registry.aclose()


def test_its_settings_are_read_as_those_of_the_others_are() -> None:
    given = {AURORA_LINE.key: RouteConfig(api_key=KEY, model="aurora-2", base_url="https://eu.aurora.example/")}
    settled = settings(AURORA_LINE, given)
    assert (settled.model, settled.base_url) == ("aurora-2", "https://eu.aurora.example")


def test_its_file_is_no_longer_than_an_adapter_may_be() -> None:
    assert len(Path(aurora.__file__).read_text().splitlines()) <= 250


KEPT = (
    "bots",
    "core",
    "docs/settings.md",
    "neverdark",
    "sandbox",
    "templates",
    "web",
    "worker",
    "Makefile",
    "tests/providers",
    "tests/house",
    "tests/quick.py",
    "pyproject.toml",
    ".env.example",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """As much of the repository as a provider touches."""
    for name in KEPT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / name)
    return tmp_path


def run(copy: Path, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=copy, env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_what_make_provider_writes_passes_the_lint_its_contract_and_its_stand_in(copy: Path) -> None:
    written = write("nobody", root=copy)
    assert [path.relative_to(copy).as_posix() for path in written] == [
        "core/providers/nobody.py", "tests/providers/test_nobody.py", "sandbox/vendors/nobody.py",
        "core/providers/registry.py", "core/providers/lifecycle.py", "sandbox/world.py",
        "sandbox/vendors/__init__.py", ".env.example",
    ]  # fmt: skip
    assert not any("aurora" in path.read_text().lower() for path in written)
    files = [str(path) for path in written if path.suffix == ".py"]
    run(copy, "ruff", "format", "--check", *files)
    run(copy, "ruff", "check", *files)
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", "nobody", "tests/providers/test_nobody.py",
        "tests/providers/test_sandbox.py")  # fmt: skip


def test_make_provider_brings_the_page_of_settings_up_to_date(copy: Path) -> None:
    """Nothing is installed anew: the copy has no environment of its own."""
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["make", "--silent", "--assume-old=install", f"BIN={programs}", "provider", "NAME=nobody"],
        cwd=copy, env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOBODY_API_" in (copy / "docs" / "settings.md").read_text()


def test_a_seventh_provider_is_written_beside_a_sixth(copy: Path) -> None:
    first, second = write("nobody", root=copy), write("nobody_else", root=copy)
    assert len(first) == len(second) == 8
    files = [str(path) for path in {*first, *second} if path.suffix == ".py"]
    run(copy, "ruff", "format", "--quiet", *files)  # as `make provider` does
    run(copy, "ruff", "check", *files)
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", "tests/providers/test_nobody_else.py")


@pytest.mark.parametrize(
    "name", ["", "Zephyr", "two words", "../x", "9lives", "class", "kling", "ark", "x" * 12, "x" * 40]
)
def test_a_name_that_cannot_be_one_or_is_taken_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAName, match="NAME"):
        write(name, root=tmp_path)
    assert list(tmp_path.iterdir()) == []
