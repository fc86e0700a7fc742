"""What a platform says otherwise: its word for the place, and how a command is typed there, in each language."""

import pytest

from bots.discord.vocabulary import WORDS as DISCORD
from bots.slack.vocabulary import WORDS as SLACK
from core.domain.chat.vocabulary import Vocabulary
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.refusals import NotAnAdmin
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import KLING, VEO
from core.replies.chat.card import plain
from core.replies.chat.settings import settings
from core.replies.generations.view import left_out
from core.replies.languages.say import speaking
from core.replies.languages.vocabulary import using
from core.replies.requests.refusals import refused


@pytest.mark.parametrize(
    ("words", "locale", "said"),
    [
        (SLACK, "en", "It needs someone who manages this workspace."),
        (DISCORD, "en", "It needs someone who manages this server."),
        (SLACK, "de", "der diesen Workspace verwaltet"),
        (DISCORD, "de", "der diesen Server verwaltet"),
    ],
)
def test_a_place_has_the_platforms_name_in_each_language(words: Vocabulary, locale: str, said: str) -> None:
    with speaking(locale), using(words):
        assert said in plain(refused(NotAnAdmin()))


@pytest.mark.parametrize(("words", "command"), [(SLACK, "/settings rules"), (DISCORD, "/settings show:rules")])
def test_a_command_is_spelled_as_it_is_typed_there(words: Vocabulary, command: str) -> None:
    with using(words):
        card = settings(fallback=Fallback.ANY, last_resort={}, keep_days=90)
    assert f"{command} shows them" in plain(card)
    assert "/settings keep:30" in plain(card)


def test_every_choice_says_what_it_means_not_only_the_one_that_holds() -> None:
    card = settings(fallback=Fallback.ANY, last_resort={}, keep_days=90, elsewhere=Elsewhere.OFFER)
    hints = [choice.hint for menu in card.menus for choice in menu.choices]
    assert len(hints) == 8
    assert all(hints)
    assert len(set(hints)) == len(hints)


def test_what_rules_leave_out_is_said_in_a_line_each() -> None:
    request = VideoRequest(prompt="a fox", excluded=(KLING,), too_dear=(VEO,))
    with using(DISCORD):
        assert list(left_out(request, {KLING: "Kling 3.0"})) == [
            "This server does not use Kling 3.0.",
            "Too expensive for one video in this server: Veo.",
        ]
    assert list(left_out(VideoRequest(prompt="a fox"), {})) == []
