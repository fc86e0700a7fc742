"""Whatever people read is said through the catalogues, and every catalogue has words for all of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.registry import PLATFORMS
from core.replies.languages.say import languages, say, speaking
from tests.house import languages as catalogue
from tests.house.source import tree

SENTENCE = re.compile(r"[A-Za-z][A-Za-z’'`”),.:;?!…-]* [“\"(]?[A-Za-z0-9]|^[A-Z][a-z]+[.!?…:]?$")
"""What reads like something that is said: words with a space between them, or one with a capital."""
SAID_BY = {"say", "say_count", "later"}
NOT_SAID = {"getLogger", "get_logger", "info", "warning", "error", "debug", "exception", "describe", "command"}
"""Calls whose words are for operators, or are registered with a platform once for all."""
ALWAYS_ENGLISH = {
    "core/replies/generations/made.py": "the ledger's notes are written once, and read by everybody",
    "bots/result_service.py": "a name of a type",
    "bots/run_use_case.py": "a name of a type",
    "bots/discord/rules/admin.py": "descriptions of commands, registered once for all",
    "bots/discord/community/arrival.py": "the first video's description is for a model",
    "bots/discord/gateway/closes.py": "for operators",
    "bots/discord/requests/commands.py": "descriptions of commands, registered once for all",
    "bots/discord/credits/credits.py": "commands as they are typed, and their descriptions",
    "bots/discord/api/errors.py": "for operators",
    "bots/discord/requests/typed_options.py": "descriptions of a command, registered once for all",
    "bots/discord/requests/message_menus.py": "names of commands, registered once for all",
    "bots/discord/gateway/names.py": "a catalogue itself, of the words of commands",
    "bots/discord/people/permissions.py": "Discord's own names",
    "bots/discord/drawing/render.py": "a pattern",
    "bots/discord/gateway/registration.py": "for operators",
    "bots/discord/credits/shop.py": "a description of a command",
    "bots/discord/community/show.py": "descriptions of commands, which have their languages in `names.py`",
    "bots/discord/requests/suggestions.py": "commands as they are typed",
    "bots/slack/__main__.py": "said where nobody knows who reads it",
    "bots/slack/credits/credit_words.py": "commands as they are typed",
    "bots/slack/credits/credits.py": "commands as they are typed",
    "bots/slack/api/errors.py": "for operators",
    "bots/slack/requests/frames.py": "a header",
    "bots/slack/people/groups.py": "a name of a type",
    "bots/slack/installation/install_pages.py": "pages of the web, before anybody has a language here",
    "bots/slack/installation/installing.py": "pages of the web, before anybody has a language here",
    "bots/slack/people/people.py": "a name of a type",
    "bots/slack/inbound/say.py": "for operators",
    "bots/slack/requests/workflow.py": "said to a workflow, which has no language",
}
ALWAYS_ENGLISH |= {f"bots/{name}/platform.py": "the name of a platform; for operators" for name in PLATFORMS}
ALWAYS_ENGLISH |= {f"bots/{name}/settings.py": "for operators" for name in PLATFORMS}
COMMAND = re.compile(r"^(what|who|the rules|how) [a-zI ]+$|^/[a-z]+( |$)|^[a-z_]+:\S|^Neverdark$")
"""A command or an option as it is typed: the same in every language."""


def unsaid(module: ast.Module) -> Iterator[tuple[int, str]]:
    """What reads like a sentence and is not said through a catalogue: its line, and its words."""
    docstrings = {
        id(each.value)
        for each in ast.walk(module)
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    }
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        if id(node) in docstrings or isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _is_said(node)):
            continue
        words = _words(node)
        if words is None:
            waiting.extend(ast.iter_child_nodes(node))
        elif SENTENCE.search(words) and not COMMAND.match(words):
            yield getattr(node, "lineno", 0), words


def _is_said(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return name in SAID_BY | NOT_SAID or name.endswith("Error")


def _words(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in node.values)
    return None


def test_what_may_be_in_english_alone_exists() -> None:
    assert [name for name in ALWAYS_ENGLISH if not (catalogue.ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", catalogue.sources(), ids=lambda path: path.relative_to(catalogue.ROOT).as_posix())
def test_no_sentence_is_outside_of_the_catalogues(path: Path) -> None:
    name = path.relative_to(catalogue.ROOT).as_posix()
    if name in ALWAYS_ENGLISH:
        return
    found = [f"{name}:{line} {words!r}" for line, words in unsaid(tree(path))]
    assert found == [], (
        'people read this in one language only: write say("… {name} …", name=…) from core.replies.languages.say, '
        'later("…") for a constant that is said afterwards, or say_count("{n} video", "{n} videos", number)'
    )


@pytest.mark.parametrize("language", catalogue.catalogues())
def test_every_language_has_words_for_every_sentence_with_the_same_facts_in_them(language: str) -> None:
    known = catalogue.read(catalogue.catalogues()[language])
    missing, wrong = [], []
    for sentence in catalogue.sentences().values():
        found = known.get(sentence.one)
        words = found.string if found is not None else ""
        several = [each or "" for each in (words if isinstance(words, tuple | list) else (words,))]
        if not all(several) or (sentence.many is not None) != isinstance(words, tuple | list):
            missing.append(sentence.one)
            continue
        facts = set(catalogue.PLACES.findall(sentence.one))
        wrong += [each for each in several if set(catalogue.PLACES.findall(each)) != facts]
        if sentence.one.strip() != sentence.one:
            wrong += [each for each in several if _edges(each) != _edges(sentence.one)]
    how = f"run `make languages`, and fill in core/replies/languages/{language}.po"
    assert missing == [], f"without words: {how}"
    assert wrong == [], f"the {{places}} or the blanks at the ends differ from the English: {how}"


def _edges(words: str) -> tuple[bool, bool]:
    return words.startswith(" "), words.endswith(" ")


@pytest.mark.parametrize("language", catalogue.catalogues())
def test_a_catalogue_has_nothing_that_nobody_says(language: str) -> None:
    known = catalogue.read(catalogue.catalogues()[language])
    said = catalogue.sentences()
    ids = [each.id[0] if isinstance(each.id, tuple | list) else each.id for each in known if each.id]
    assert [one for one in ids if one not in said] == [], "run `make languages`"


def test_german_is_there_and_what_a_platform_calls_it_does_not_matter() -> None:
    assert "de" in languages()
    for locale in ("de", "de-DE", "de_AT"):
        with speaking(locale):
            assert say("Cancelled") == "Abgebrochen"
    for unknown in (None, "en-US", "xx", "pt-BR", "not a locale"):
        with speaking(unknown):
            assert say("Cancelled") == "Cancelled"


def test_a_sentence_outside_of_the_catalogues_is_found() -> None:
    found = [words for _, words in unsaid(ast.parse('Card(title="Ready", parts=(Text(f"It took {time} to make"),))'))]
    assert sorted(found) == ["It took 7 to make", "Ready"]
    assert list(unsaid(ast.parse('Card(title=say("Ready"))\nraise TypeError("no words for this")'))) == []
