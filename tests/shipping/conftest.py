"""What the tests of shipping share: the repository as somebody else has it, and its wheel installed elsewhere."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("neverdark", "bots", "core", "worker", "web", "sandbox", "migrations")
OTHER_PYTHONS = os.environ.get("WHEEL_PYTHONS", "").split()
"""Pythons besides this one, by their paths, on which the wheel is installed and makes a video: `make wheel-check`."""
NEWEST = " with the newest"
"""As pipx and `uv tool` install it: no lock file, so that each Python gets the newest that it can have."""
BESIDE = ("setup.py", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network and away from the checkout, where nothing of an earlier build lies about."""
    here = tmp_path_factory.mktemp("source")
    for name in SHIPPED:
        shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy(ROOT / name, here / name)
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(out), str(here)],
        check=True, timeout=300,
    )  # fmt: skip
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(
    scope="session",
    params=["", *OTHER_PYTHONS, *(f"{python}{NEWEST}" for python in OTHER_PYTHONS)],
    ids=lambda name: Path(name).name or "this Python",
)
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel and what it depends on."""
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    if request.param:
        return _from_the_index(wheel, place, python=request.param)
    return _beside_ours(wheel, place)


def _from_the_index(wheel: Path, place: Path, *, python: str) -> Path:
    """An environment of another Python, as docs/production.md makes one, by the lock file, or as pipx does."""
    is_newest = python.endswith(NEWEST)
    subprocess.run([python.removesuffix(NEWEST), "-m", "venv", str(place)], check=True, timeout=300)
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lock = str(ROOT / "requirements-run.lock")
    if is_newest:
        subprocess.run([*pip, str(wheel)], check=True, timeout=1800)
    else:
        subprocess.run([*pip, "--require-hashes", "--requirement", lock], check=True, timeout=1800)
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True, timeout=300)
    return place / "bin"


def _beside_ours(wheel: Path, place: Path) -> Path:
    """An environment of this Python, with the packages of the one that runs the tests.

    They are found by a path: a path in a .pth file brings no .pth files of its own along, so the checkout, which is
    installed here for editing, is not seen.
    """
    venv.create(place, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python")]
    subprocess.run(
        [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", str(wheel)],
        check=True, timeout=300,
    )  # fmt: skip
    packages = Path(subprocess.check_output(
        [str(place / "bin" / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip())  # fmt: skip
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + os.linesep)
    return place / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path, installed: Path) -> dict[str, str]:
    """The environment of somebody who has nothing of ours: no setting, no checkout, and a folder of their own."""
    # dbmate, which its package puts beside Python
    programs = os.pathsep.join((str(installed), str(Path(sys.executable).parent)))
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), "NO_COLOR": "1"}
