"""An option that vendors take is described in one file, and worded in another: everything else follows.

So three options that do not exist are written into a copy of the product, one of each kind of value.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.domain.requests.options import VENDOR_OPTIONS
from core.replies.chat.option_words import WORDS

ROOT = Path(__file__).parents[2]
PRODUCT = ("core", "bots", "worker")
DESCRIBED = {
    "core/domain/requests/options.py": {
        '    SEED = "seed"\n': '    STYLE = "style"\n    MOTION = "motion"\n    STILL = "still"\n',
        "    seed: int | None = None\n": '    style: str = ""\n    motion: int | None = None\n'
        "    still: bool | None = None\n",
        "    Option.TAKES: OptionRow(": """\
    Option.STYLE: OptionRow(names="style stil", kind=FreeText(), example="noir"),
    Option.MOTION: OptionRow(names="motion", kind=WholeNumber(least=1, most=10), example="3"),
    Option.STILL: OptionRow(names="still", kind=Switch(), example="on"),
""",
    },
    "core/replies/chat/option_words.py": {
        "    Option.SEED: OptionWords(": """\
    Option.STYLE: OptionWords(label="Style", help="a look", fact="Style:"),
    Option.MOTION: OptionWords(label="Motion", hint="How much moves", help="how much moves", fact="Motion:"),
    Option.STILL: OptionWords(label="Still", help="whether the camera stands", fact="Still:"),
""",
    },
}
"""What somebody writes for them, before or behind which line."""


def insert(path: Path, line: str, text: str) -> None:
    """Put text beside a line: behind one that is whole, before one that begins a row."""
    source = path.read_text()
    assert source.count(line) == 1, f"{path.name}: {line}"
    path.write_text(source.replace(line, line + text if line.endswith("\n") else text + line))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    copy = tmp_path_factory.mktemp("made_up")
    for name in PRODUCT:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file, lines in DESCRIBED.items():
        for line, text in lines.items():
            insert(copy / file, line, text)
    done = subprocess.run(  # noqa: S603 - it runs what was written
        [sys.executable, "-P", ROOT / "tests/bots/made_up_options.py"], cwd=copy,
        env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_vendor_option_has_its_words() -> None:
    assert tuple(WORDS) == VENDOR_OPTIONS


def test_the_parser_reads_it_and_asks_about_a_value_that_is_none(seen: dict[str, Any]) -> None:
    assert seen["read"] == {"style": "noir", "motion": "3", "still": "on"}
    assert seen["mistyped"] == ["no_such_value"]


def test_both_forms_ask_for_it_filled_in_with_what_was_chosen(seen: dict[str, Any]) -> None:
    asked = {name: seen["slack"][name] for name in ("style", "motion", "still")}
    assert asked == {"style": "noir", "motion": "3", "still": "on"}
    assert seen["discord_form"] == 'style:"noir" motion:3 still:on'


def test_discords_command_has_it_as_a_typed_option(seen: dict[str, Any]) -> None:
    options = seen["discord_command"]
    text, number, switch = (options[name] for name in ("style", "motion", "still"))
    assert [each["description"] for each in (text, number, switch)] == ["Style", "How much moves", "Still"]
    assert [each["type"] for each in (text, number, switch)] == [3, 4, 5]
    assert (number["min_value"], number["max_value"]) == (1, 10)
    assert (text["min_length"], text["max_length"]) == (1, 500)


def test_help_and_the_details_of_a_video_name_it(seen: dict[str, Any]) -> None:
    assert seen["help"]["style"] == "a look"
    assert seen["details"] == {"Style:": "noir", "Motion:": "3", "Still:": "on"}


def test_the_adapters_job_has_it(seen: dict[str, Any]) -> None:
    job = seen["job"]
    assert (job["style"], job["motion"], job["still"]) == ("noir", "3", "True")


def test_words_that_a_person_wrote_are_not_logged(seen: dict[str, Any]) -> None:
    assert seen["logged"] == {"event": "x", "style": "[not logged]", "motion": 3}
