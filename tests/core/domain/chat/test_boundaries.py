"""The edges of a channel's budget, and who is who."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.domain.chat.addresses import Addresses
from core.domain.chat.pacing import ChannelBudget, MessageRate, closed, fresh, room_at, spent
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, LinkId, PlatformName, RouteKey, UserId
from core.domain.requests.refusals import NotAnAdmin

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
RATE = MessageRate(burst=5, every_s=2.0)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def budget(spent_s: float = 0, shut: float = 0) -> ChannelBudget:
    return ChannelBudget(spent_until=at(spent_s), closed_until=at(shut))


@pytest.mark.parametrize(
    ("before", "turn_s", "spent_s"),
    [
        (budget(), 0, 2), (budget(-9), 0, 2), (budget(8), 0, 10), (budget(8.5), 0.5, 10.5), (budget(12), 4, 14),
        (budget(0, 20), 20, 22), (budget(30, 20), 22, 32), (budget(24, 20), 20, 26),
    ],
)  # fmt: skip
def test_when_a_message_has_its_turn(before: ChannelBudget, turn_s: float, spent_s: float) -> None:
    turn = room_at(before, RATE, kept=0, now=T0)
    assert turn == at(turn_s)
    assert spent(before, RATE, at=turn) == replace(before, spent_until=at(spent_s))


def test_what_a_platform_closes_stays_closed_until_the_latest_time() -> None:
    assert closed(budget(1, 5), until=at(9)) == budget(1, 9)
    assert closed(budget(1, 5), until=at(1)) == budget(1, 5)
    assert fresh(T0) == budget()


ANA = Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("U1"), is_admin=False)


@pytest.mark.parametrize(
    ("direct", "platform", "installation", "user", "same"),
    [
        (False, "slack", "T1", "U1", True), (False, "discord", "T1", "U1", False), (False, "slack", "T2", "U1", False),
        (False, "slack", "T1", "U2", False), (False, "slack", "T1", None, False), (True, "slack", "T2", "U1", True),
        (True, "discord", "T1", "U1", False), (True, "slack", "T2", "U2", False),
    ],
)  # fmt: skip
def test_who_is_the_same_person(
    *, direct: bool, platform: str, installation: str, user: str | None, same: bool
) -> None:
    found = replace(ANA, direct=direct).is_same_person(
        platform=PlatformName(platform), installation=Installation(installation), user=UserId(user) if user else None
    )
    assert found is same


def test_only_an_admin_goes_on() -> None:
    with pytest.raises(NotAnAdmin):
        ANA.must_be_admin()
    replace(ANA, is_admin=True).must_be_admin()
    assert not ANA.direct


ADDRESSES = [
    "https://v.example/callbacks/kling.api/AAAAAAAAAAAAAAAAAAAABwEC0cGxn79Kgokepy9McgCzSA",
    "https://v.example/v/AAAAAAAAAAAAAAAAAAAABwBrNuyAl7iiCWMTFPQz21hT47-BhA",
    "https://v.example/p/q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6sAazbsgFgU9X3lzvkezXjHtaa6i3k.jpg",
]


def test_addresses_are_the_same_tomorrow() -> None:
    ours = Addresses(base="https://v.example", secret="s3cret")
    made, until = UUID(int=7), datetime(2027, 1, 1, tzinfo=UTC)
    assert [
        ours.callback(route=RouteKey("kling.api"), generation_id=made, n=258),
        ours.watch(LinkId(made), until=until),
        ours.picture("ab" * 32, until=until),
    ] == ADDRESSES
    assert ours.attempt(route="kling.api", token=ADDRESSES[0].rpartition("/")[2]) == (made, 258)
    assert ours.link(ADDRESSES[1].rpartition("/")[2]) == (made, until)
    assert "s3cret" not in repr(ours)
