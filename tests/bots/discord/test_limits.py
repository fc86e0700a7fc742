"""Which of Discord's limits a call counts against, when a message is edited as an answer, and places as strings."""

from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from bots.discord.api.places import Place, unpacked
from bots.discord.delivery.limits import FOLLOW_UP_S, edits_end, is_answerable, is_edited_as_answer, limits
from core.domain.chat.pacing import ChatCall, Limit, MessageRate
from core.domain.ids import Thread

APPLICATION = Limit(key="application", pace=MessageRate(burst=25, every_s=0.025))
IN_CHANNEL = MessageRate(burst=5, every_s=1.0)


def asked(seconds_ago: float = 0.0) -> int:
    """The id of a command that was given so long ago."""
    return discord.utils.time_snowflake(discord.utils.utcnow() - timedelta(seconds=seconds_ago))


def asked_in(**changes: object) -> Place:
    place = Place(channel=1, guild=2, interaction=asked(), root=7, interaction_token="t")
    return replace(place, **changes)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("call", "route"), [(ChatCall.POST, "post"), (ChatCall.UPLOAD, "post"), (ChatCall.EDIT, "edit")]
)
def test_a_call_counts_by_route_and_channel_and_for_the_bot(call: ChatCall, route: str) -> None:
    of_channel = Limit(key=f"{route}:9", pace=IN_CHANNEL)
    assert limits(Place(channel=9), call) == (of_channel, APPLICATION)
    assert limits(asked_in(channel=9, is_thread=True), call) == (of_channel, APPLICATION)


def test_the_root_message_alone_is_edited_as_an_answer_and_counts_against_nothing() -> None:
    assert limits(asked_in(), ChatCall.EDIT) == ()
    for call in (ChatCall.POST, ChatCall.UPLOAD):
        assert limits(asked_in(), call) == (Limit(key="post:1", pace=IN_CHANNEL), APPLICATION)
    assert is_edited_as_answer(asked_in(), 7)
    assert not is_edited_as_answer(asked_in(), 8)
    for other in (
        asked_in(guild=None), asked_in(is_thread=True), asked_in(reply_to=7), asked_in(root=None), asked_in(root=8),
        asked_in(interaction=None), asked_in(interaction_token=None), asked_in(interaction=asked(900)),
    ):  # fmt: skip
        assert not is_edited_as_answer(other, 7)
    for other in (asked_in(root=None), asked_in(guild=None), asked_in(interaction=asked(900))):
        assert limits(other, ChatCall.EDIT) == (Limit(key="edit:1", pace=IN_CHANNEL), APPLICATION)


def test_answers_alone_can_be_edited_only_for_as_long_as_their_command_can_be_answered() -> None:
    at = asked(600)
    ends_at = edits_end(Place(channel=1, interaction=at, token="t"))
    assert ends_at == discord.utils.snowflake_time(at) + timedelta(seconds=FOLLOW_UP_S)
    assert edits_end(asked_in()) is None
    assert edits_end(Place(channel=1, token="t")) is None


def test_a_command_can_be_answered_for_fourteen_and_a_half_minutes() -> None:
    assert FOLLOW_UP_S == 870
    assert is_answerable(asked_in(interaction=asked(750)))
    assert not is_answerable(asked_in(interaction=asked(870)))
    assert not is_answerable(asked_in(interaction=None))
    assert not is_answerable(asked_in(interaction_token=None))


@pytest.mark.parametrize(
    ("place", "thread"),
    [
        (Place(channel=1), '{"channel":"1","guild":null,"is_thread":false,"upload_max":null,"interaction":null}'),
        (Place(channel=1, guild=2, is_thread=True, upload_max=3, is_forum=True, interaction=4, root=5, reply_to=6,
               parent=7, interaction_token="i", token="t"),
         ('{"channel":"1","guild":"2","is_thread":true,"upload_max":3,"interaction":"4","is_forum":true,"root":"5",'
          '"reply_to":"6","parent":"7","interaction_token":"i","token":"t"}')),
        (Place(channel=1, guild=0, interaction=0, root=0),
         '{"channel":"1","guild":"0","is_thread":false,"upload_max":null,"interaction":"0","root":"0"}'),
    ],
)  # fmt: skip
def test_a_place_is_stored_as_a_string_and_read_back(place: Place, thread: str) -> None:
    assert place.packed() == thread
    found = unpacked(Thread(thread))
    for name in (
        "channel",
        "guild",
        "is_thread",
        "upload_max",
        "is_forum",
        "interaction",
        "root",
        "reply_to",
        "parent",
    ):
        assert getattr(found, name) == getattr(place, name)
    assert (found.interaction_token, found.token) == (place.interaction_token, place.token)


def test_places_of_older_versions_lack_what_came_later() -> None:
    assert unpacked(Thread('{"channel":"1","guild":null,"is_thread":false,"upload_max":null}')) == Place(channel=1)


def test_where_people_open_a_place() -> None:
    assert Place(channel=1, guild=2).address == "https://discord.com/channels/2/1"
    assert Place(channel=1).address == "https://discord.com/channels/@me/1"
    assert Place(channel=1, guild=2, reply_to=3).address == "https://discord.com/channels/2/1/3"


def test_what_makes_two_places_the_same_and_what_is_never_shown() -> None:
    place = Place(channel=1, guild=2, interaction=3, root=4)
    for same in (replace(place, is_forum=True), replace(place, reply_to=5), replace(place, parent=6),
                 replace(place, interaction_token="i"), replace(place, token="t")):  # fmt: skip
        assert same == place
    for other in (replace(place, channel=9), replace(place, guild=9), replace(place, is_thread=True),
                  replace(place, upload_max=9), replace(place, interaction=9), replace(place, root=9)):  # fmt: skip
        assert other != place
    assert "secret" not in repr(Place(channel=1, interaction_token="secret", token="secret"))
