"""Addresses that we give out come back as what they were made of, and nobody else can make one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.addresses import Addresses
from core.domain.ids import LinkId, RouteKey

OURS = Addresses(base="https://video.example", secret="ours, and long enough")
THEIRS = Addresses(base="https://video.example", secret="theirs, and long enough")
ROUTE = RouteKey("kling.api")
ID = UUID("12345678-1234-5678-1234-567812345678")


def token_of(address: str) -> str:
    return address.rpartition("/")[2]


@given(generation=st.uuids(), n=st.integers(1, 2**15 - 1))
def test_a_callback_names_its_attempt(generation: UUID, n: int) -> None:
    address = OURS.callback(route=ROUTE, generation_id=generation, n=n)
    assert address.startswith("https://video.example/callbacks/kling.api/")
    assert OURS.attempt(route=ROUTE, token=token_of(address)) == (generation, n)


@given(link=st.uuids(), second=st.integers(0, 2**34))
def test_a_link_names_itself_and_its_end(link: UUID, second: int) -> None:
    until = datetime.fromtimestamp(second, UTC)
    assert OURS.link(token_of(OURS.watch(LinkId(link), until=until))) == (link, until)


@given(sha256=st.binary(min_size=32, max_size=32), second=st.integers(0, 2**34))
def test_a_picture_names_itself_and_its_end(sha256: bytes, second: int) -> None:
    until = datetime.fromtimestamp(second, UTC)
    token = token_of(OURS.picture(sha256.hex(), until=until)).removesuffix(".jpg")
    assert OURS.pictured(token) == (sha256.hex(), until)
    assert THEIRS.pictured(token) is None
    assert OURS.link(token) is None


def test_another_secret_another_route_and_another_purpose_make_other_tokens() -> None:
    token = token_of(OURS.callback(route=ROUTE, generation_id=ID, n=1))
    assert THEIRS.attempt(route=ROUTE, token=token) is None
    assert OURS.attempt(route="wan.dashscope", token=token) is None
    assert OURS.link(token) is None


@given(place=st.integers(0, 45), letter=st.sampled_from("ABCabc019-_=+/é"))
def test_one_letter_changed_is_no_token(place: int, letter: str) -> None:
    token = token_of(OURS.callback(route=ROUTE, generation_id=ID, n=1))
    changed = token[:place] + letter + token[place + 1 :]
    assert (OURS.attempt(route=ROUTE, token=changed) is None) == (changed != token)


@given(token=st.text(max_size=80))
def test_anything_else_is_no_token(token: str) -> None:
    assert OURS.attempt(route=ROUTE, token=token) is None
    assert OURS.link(token) is None


@pytest.mark.parametrize("end", ["=", "==", "%3D", " "])
def test_a_token_has_one_spelling(end: str) -> None:
    token = token_of(OURS.watch(LinkId(ID), until=datetime(2027, 1, 1, tzinfo=UTC)))
    assert OURS.link(token + end) is None


def test_the_secret_is_not_shown() -> None:
    assert "long enough" not in repr(OURS)
