"""The environments of the official clients: every package is pinned, and a missing one is named with what to do."""

import json
import re
from pathlib import Path

import pytest

from tests.official import proof

HERE = Path(__file__).parent
LOCKS = sorted(HERE.glob("*.lock"))


def pinned(lock: Path) -> set[str]:
    return set(re.findall(r"^([\w.-]+==[\w.]+)", lock.read_text(), re.MULTILINE))


def test_every_environment_that_a_proof_names_has_a_lock_file() -> None:
    named = set(
        re.findall(
            r'"(google\d|vendors|litellm|node|storage|google_storage)"',
            "".join(path.read_text() for path in HERE.glob("test_*.py")),
        )
    )
    assert {lock.stem for lock in LOCKS} == named == {path.stem for path in HERE.glob("*.in")}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_file_pins_what_was_asked_for_with_hashes(lock: Path) -> None:
    asked = re.findall(r"^([\w.-]+(?:\[[\w,]+\])?==[\w.]+)", lock.with_suffix(".in").read_text(), re.MULTILINE)
    assert asked
    assert {re.sub(r"\[.*?\]", "", each) for each in asked} <= pinned(lock)
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_package_of_npm_is_pinned_by_its_content_and_by_no_registry() -> None:
    asked = json.loads((HERE / "npm" / "package.json").read_text())["dependencies"]
    lock = (HERE / "npm" / "package-lock.json").read_text()
    packages = {name: each for name, each in json.loads(lock)["packages"].items() if name}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
    assert "resolved" not in lock


def test_where_an_environment_is_missing_the_tests_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "ROOT", tmp_path)
    monkeypatch.delenv("NEVERDARK_OFFICIAL", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"\.venv-official/vendors are not installed: run `make test`"):
        proof.interpreter("vendors")
    monkeypatch.setenv("NEVERDARK_OFFICIAL", "required")
    with pytest.raises(pytest.fail.Exception, match="run `make test`"):
        proof.interpreter("vendors")
