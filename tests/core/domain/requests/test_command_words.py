"""Words that are commands, and the same words where they begin a description."""

import pytest

from core.domain.requests.command_words import Command, CommandWord, command_in

W = CommandWord
ALONE = {
    "": W.FORM, "help": W.HELP, "?": W.HELP, "credits": W.CREDITS, "credit": W.CREDITS, "balance": W.CREDITS,
    "settings": W.SETTINGS, "providers": W.PROVIDERS, "cancel": W.CANCEL, "stop": W.CANCEL, "mine": W.MINE,
    "show": W.SHOW, "improve": W.IMPROVE, "later": W.LATER, "planned": W.LATER, "list": W.MINE,
}  # fmt: skip
ONLY_ALONE = {"?", "help", "balance", "credit", "stop", "list", "providers", "later", "planned"}


def test_what_is_stored_and_counted_has_these_words() -> None:
    assert [word.value for word in CommandWord] == [
        "form", "help", "credits", "settings", "providers", "cancel", "mine", "show", "improve", "later",
    ]  # fmt: skip


@pytest.mark.parametrize(("typed", "word"), ALONE.items())
def test_a_word_alone_is_a_command(typed: str, word: CommandWord) -> None:
    assert command_in(typed) == Command(word=word, typed=typed, rest="")
    assert command_in(f"  {typed.upper()} ") == Command(word=word, typed=typed, rest="")


@pytest.mark.parametrize("typed", [word for word in ALONE if word])
def test_with_more_behind_it_some_are_and_others_begin_a_description(typed: str) -> None:
    found = command_in(f"{typed}   a Fox ")
    assert found == (None if typed in ONLY_ALONE else Command(word=ALONE[typed], typed=typed, rest="a Fox"))


@pytest.mark.parametrize(
    "typed", ['"help"', "‘help’", "`help`", "/help", "help!", "-help-", "*help*", "_help_:", "(help)"]
)
def test_marks_around_a_word_do_not_matter(typed: str) -> None:
    assert command_in(typed) == Command(word=W.HELP, typed="help", rest="")


@pytest.mark.parametrize("typed", ["a fox", "helpful", "!!", "-", "...", "hel p"])
def test_everything_else_is_a_description(typed: str) -> None:
    assert command_in(typed) is None


def test_nobody_sees_what_nobody_sees() -> None:
    assert command_in("\u200b he\u200blp") == Command(word=W.HELP, typed="help", rest="")
