"""What strangers have typed, on an operator's terminal: nothing in it is obeyed."""

import json

import pytest

from neverdark.operator.tables import Column, escaped, say, say_json, table

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


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_what_is_whole_is_never_cut(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half an id can be given to no command, and a number without its end is another number."""
    monkeypatch.setenv("COLUMNS", str(width))
    row = {
        "id": "c72a3ca2-7e8e-5f13-a49e-6c4f59b8bb55",
        "name": "slack:T0123456789",
        "credits": "-1,234,567",
        "why": "x " * 90,
    }
    columns = (
        Column(title="id", key="id"),
        Column(title="why", key="why", is_whole=False),
        Column(title="credits", key="credits", is_number=True),
        Column(title="name", key="name"),
    )
    table([row, row], columns)
    printed = capsys.readouterr().out
    assert "…" not in printed
    for key in ("id", "name", "credits"):
        assert printed.count(row[key]) == 2, printed
