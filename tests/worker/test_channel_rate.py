"""What one process writes into its channels: results keep their turns, edits give way, and "wait" is heard."""

from datetime import UTC, datetime, timedelta

from core.domain.chat.pacing import MessageRate
from core.domain.ids import PlatformName
from worker.channel_rate import ChannelRates

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
PACE = MessageRate(burst=2, every_s=1.0)
CHAT, OTHER = PlatformName("chat"), PlatformName("other")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_a_message_that_has_to_wait_keeps_its_turn_however_often_it_asks() -> None:
    channels = ChannelRates()
    waits = [channels.message_wait_s(CHAT, "c", PACE, delivery=n, now=T0) for n in range(5)]
    assert waits == [0, 0, 1, 2, 3]
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=4, now=at(1)) == 2
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=2, now=at(1)) == 0
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=4, now=at(3)) == 0


def test_channels_and_platforms_have_budgets_of_their_own() -> None:
    channels = ChannelRates()
    for n in range(2):
        assert channels.message_wait_s(CHAT, "c", PACE, delivery=n, now=T0) == 0
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=2, now=T0) > 0
    assert channels.message_wait_s(CHAT, "d", PACE, delivery=3, now=T0) == 0
    assert channels.message_wait_s(OTHER, "c", PACE, delivery=4, now=T0) == 0


def test_an_edit_goes_only_when_no_message_waits() -> None:
    channels = ChannelRates()
    assert channels.edit_wait_s(CHAT, "c", PACE, now=T0) == 0
    assert channels.edit_wait_s(CHAT, "c", PACE, now=T0) > 0
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=1, now=T0) == 0


def test_a_wait_that_was_told_to_a_message_holds_for_all_of_its_channel() -> None:
    channels = ChannelRates()
    channels.close(CHAT, "c", for_s=30, everywhere=False, was_edit=False, now=T0)
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=1, now=T0) == 30
    assert channels.edit_wait_s(CHAT, "c", PACE, now=T0) >= 30
    assert channels.message_wait_s(CHAT, "d", PACE, delivery=2, now=T0) == 0


def test_a_turn_that_comes_while_the_channel_is_closed_is_given_anew() -> None:
    channels = ChannelRates()
    for n in range(3):
        channels.message_wait_s(CHAT, "c", PACE, delivery=n, now=T0)
    channels.close(CHAT, "c", for_s=30, everywhere=False, was_edit=False, now=T0)
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=2, now=at(1)) >= 29


def test_a_wait_that_was_told_to_an_edit_holds_back_edits_alone() -> None:
    channels = ChannelRates()
    channels.close(CHAT, "c", for_s=30, everywhere=False, was_edit=True, now=T0)
    assert channels.edit_wait_s(CHAT, "c", PACE, now=T0) == 30
    assert channels.message_wait_s(CHAT, "c", PACE, delivery=1, now=T0) == 0


def test_a_wait_for_everywhere_closes_every_channel_of_the_platform() -> None:
    channels = ChannelRates()
    channels.message_wait_s(CHAT, "d", PACE, delivery=1, now=T0)
    channels.close(CHAT, "c", for_s=30, everywhere=True, was_edit=True, now=T0)
    assert channels.message_wait_s(CHAT, "d", PACE, delivery=2, now=T0) == 30
    assert channels.message_wait_s(OTHER, "c", PACE, delivery=3, now=T0) == 0


def test_channels_that_nothing_is_owed_to_are_forgotten() -> None:
    channels = ChannelRates()
    for n in range(10_002):
        channels.message_wait_s(CHAT, str(n), PACE, delivery=n, now=T0)
    channels.message_wait_s(CHAT, "last", PACE, delivery=0, now=at(60))
    assert len(channels._budgets) < 10
