"""The addresses under which vendors get pictures: signed, short-lived, and good for nothing else."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx

from core.domain.requests.pictures import key_of
from tests.web.conftest import House

DATA = b"\xff\xd8\xff what a picture begins with"
DIGEST = sha256(DATA).hexdigest()


async def _put(house: House) -> None:
    path = house.folder / "picture.jpg"
    path.write_bytes(DATA)
    await house.storage.put(key_of(DIGEST), path, content_type="image/jpeg")


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def test_a_vendor_gets_the_picture(house: House, http: httpx.AsyncClient) -> None:
    await _put(house)
    answer = await http.get(house.addresses.picture(DIGEST, until=_soon()))
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"


async def test_an_address_ends(house: House, http: httpx.AsyncClient) -> None:
    await _put(house)
    answer = await http.get(house.addresses.picture(DIGEST, until=datetime.now(UTC) - timedelta(seconds=1)))
    assert (answer.status_code, answer.content) == (410, b"")


async def test_a_picture_that_is_not_there_is_gone(house: House, http: httpx.AsyncClient) -> None:
    assert (await http.get(house.addresses.picture("00" * 32, until=_soon()))).status_code == 410


async def test_whoever_guesses_or_changes_an_address_gets_nothing(house: House, http: httpx.AsyncClient) -> None:
    await _put(house)
    good = house.addresses.picture(DIGEST, until=_soon())
    head, token = good.removesuffix(".jpg").rsplit("/", 1)
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[1:], DIGEST, "x", token + "="):
        assert (await http.get(f"{head}/{forged}.jpg")).status_code == 404
    assert house.addresses.link(token) is None
    assert house.addresses.attempt(route="veo.vertex", token=token) is None
