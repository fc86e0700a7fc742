"""What strangers have typed, on an operator's terminal: nothing in it is obeyed."""

import json

import pytest

from neverdark.operator.tables import escaped, say, say_json

RUDE = "fox\x1b[2J\x9b31m\u202e[bold]\u2028\ud800"


def test_a_cell_shows_what_a_terminal_would_obey() -> None:
    assert escaped(RUDE) == "fox\\x1b[2J\\x9b31m\\u202e\\[bold]\\u2028\\ud800"
    assert escaped("रेनर 🦊 ثعلب") == "रेनर 🦊 ثعلب"


@pytest.mark.parametrize("text", [RUDE, "a\nb\tc", "👩🏽‍🚀"])
def test_json_says_the_same_and_moves_no_cursor(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"prompt": text})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"prompt": text}
    assert all(each.isprintable() or each == "\n" for each in printed)


def test_a_line_for_people_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"[bold]{escaped(RUDE)}[/]\x9b")
    printed = capsys.readouterr().out
    assert "\x9b" not in printed
    assert "\u202e" not in printed
