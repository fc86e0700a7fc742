"""A link plays its clip until it ends or is revoked, in parts as players ask for them."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.db.generations import clip_links
from core.domain.chat.addresses import Addresses
from core.ports import Stored
from core.storage import ObjectStorage
from tests.web.conftest import BASE, House, client

DATA = bytes(range(256)) * 4000


async def test_the_whole_file_comes_with_what_a_player_wants_to_know(house: House, http: httpx.AsyncClient) -> None:
    answer = await http.get(await house.clip(DATA) + ".mp4")
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"].startswith('inline; filename="neverdark-')
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("0-0", 0, 1), ("1000-1999", 1000, 2000), ("-5", 1023995, 1024000), ("5-", 5, 1024000)]
)
async def test_a_part_is_exactly_that(house: House, http: httpx.AsyncClient, asked: str, start: int, end: int) -> None:
    answer = await http.get(await house.clip(DATA) + ".mp4", headers={"range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert answer.content == DATA[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"


async def test_a_part_beyond_the_end_is_a_416(house: House, http: httpx.AsyncClient) -> None:
    answer = await http.get(await house.clip(DATA) + ".mp4", headers={"range": f"bytes={len(DATA)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
    assert answer.content == b""


async def test_head_says_what_get_would_without_the_bytes(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA) + ".mp4"
    head = await http.head(address)
    get = await http.get(address)
    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


async def test_what_a_browser_has_is_not_sent_again(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA) + ".mp4"
    etag = (await http.head(address)).headers["etag"]
    assert (await http.get(address, headers={"if-none-match": etag})).status_code == 304
    other = await http.get(address, headers={"range": "bytes=0-1", "if-range": '"older"'})
    assert (other.status_code, len(other.content)) == (200, len(DATA))


async def test_the_page_shows_the_clip_and_unfolds_elsewhere(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA, prompt='a "fox" <script>alert(1)</script> & friends')
    answer = await http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    assert "alert(1)</script>" not in page
    assert "a &quot;fox&quot; &lt;script&gt;" in page
    for name in ("og:video", "og:video:url", "twitter:player:stream"):
        assert f'"{name}" content="{address}.mp4"' in page
    assert '"og:video:type" content="video/mp4"' in page
    assert '"og:video:width" content="1920"' in page
    assert f'"twitter:player" content="{address}"' in page
    assert "Seedance" not in page  # nobody has won yet
    assert "1080p" in page


async def test_a_revoked_link_ends_at_once_and_for_good(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA)
    async with house.pool.acquire() as conn:
        generation_id = await conn.fetchval("SELECT generation_id FROM clip_link")
        assert await clip_links.revoke(conn, generation_id)
        assert not await clip_links.revoke(conn, generation_id)
        assert await clip_links.ensure(conn, generation_id, days=30) is None
    for end in ("", ".mp4"):
        answer = await http.get(address + end)
        assert answer.status_code == 410
        assert "This link was withdrawn" in answer.text


async def test_an_expired_link_says_so(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA)
    async with house.pool.acquire() as conn:
        await conn.execute("UPDATE clip_link SET expires_at = nd_now()")
    answer = await http.get(address)
    assert answer.status_code == 410
    assert "This link has expired" in answer.text


async def test_the_page_says_when_its_link_ends_also_by_a_rule_that_came_later(
    house: House, http: httpx.AsyncClient
) -> None:
    address = await house.clip(DATA)

    async def said() -> datetime:
        found = re.search(r"good until ([^.]+ UTC)\.", (await http.get(address)).text)
        assert found is not None
        return datetime.strptime(found[1], "%d %B %Y, %H:%M %Z").replace(tzinfo=UTC)

    async with house.pool.acquire() as conn:
        now = await conn.fetchval("SELECT nd_now()")
        assert abs(await said() - now - timedelta(days=30)) < timedelta(minutes=2)
        await conn.execute(
            "SELECT set_rule(platform, installation, 'links', '', '\"24h\"', member_id) FROM generations LIMIT 1"
        )
        assert abs(await said() - now - timedelta(days=1)) < timedelta(minutes=2)


async def test_a_wrong_link_leads_nowhere(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA)
    forged = Addresses(base=BASE, secret="somebody else's secret")
    named = house.addresses.link(address.rpartition("/")[2])
    assert named is not None
    for wrong in (address[:-1], address + "A", forged.watch(named[0], until=named[1]), f"{BASE}/v/x"):
        for end in ("", ".mp4"):
            answer = await http.get(wrong + end)
            assert answer.status_code == 404
            assert "This link leads nowhere" in answer.text


async def test_the_same_generation_has_the_same_link(house: House) -> None:
    await house.clip(DATA)
    async with house.pool.acquire() as conn:
        generation_id = await conn.fetchval("SELECT generation_id FROM clip_link")
        first = await clip_links.ensure(conn, generation_id, days=30)
        assert await clip_links.ensure(conn, generation_id, days=60) == first


async def test_a_clip_that_is_no_longer_stored_is_gone(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA)
    async with house.pool.acquire() as conn:
        clip = await conn.fetchval("SELECT clip FROM generations")
    await house.storage.delete(clip["key"])
    answer = await http.get(address + ".mp4")
    assert answer.status_code == 410
    assert "no longer here" in answer.text


class Signing:
    """A store that has addresses of its own."""

    async def put(self, key: str, path: Path, *, content_type: str) -> Stored:
        raise NotImplementedError

    async def fetch(self, key: str, *, to: Path) -> None:
        raise NotImplementedError

    async def read(self, key: str) -> bytes:
        raise NotImplementedError

    async def open_range(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def sign(self, key: str, *, for_s: float) -> str | None:
        return f"https://store.test/{key}?signed"

    async def delete(self, key: str) -> None:
        raise NotImplementedError


async def test_a_store_with_addresses_of_its_own_serves_the_file_itself(house: House) -> None:
    address = await house.clip(DATA)
    async with client(house.app(addresses=house.addresses)) as http:
        assert (await http.head(address + ".mp4")).status_code == 200
    house.storage = Signing()  # type: ignore[assignment]  # another store behind the same port
    async with client(house.app()) as http:
        answer = await http.get(address + ".mp4")
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("https://store.test/clips/")
        assert answer.headers["cache-control"] == "private, no-store"


class Elsewhere(Signing):
    """A store with addresses of its own that has one file."""

    async def open_range(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            yield DATA[start:end]

        return pieces()


async def test_a_download_is_a_file_with_a_name_whatever_the_store(house: House) -> None:
    address = await house.clip(DATA)
    for storage in (house.storage, Elsewhere()):
        house.storage = storage  # type: ignore[assignment]  # another store behind the same port
        async with client(house.app()) as http:
            answer = await http.get(address + ".mp4?download")
        assert (answer.status_code, answer.content) == (200, DATA)
        assert answer.headers["content-disposition"].startswith('attachment; filename="neverdark-')


async def test_the_store_signs_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    signed = await ObjectStorage("s3://bucket/clips").sign("a.mp4", for_s=60)
    assert signed is not None
    assert "/clips/a.mp4?" in signed
    assert "X-Amz-Expires=60" in signed
    assert await ObjectStorage(f"file://{tmp_path}").sign("a.mp4", for_s=60) is None


async def test_a_clip_has_a_still_that_its_page_and_other_sites_show(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA)
    still = await http.get(f"{address}.jpg")
    assert (still.status_code, still.headers["content-type"]) == (200, "image/jpeg")
    assert still.content.startswith(b"\xff\xd8")
    page = (await http.get(address)).text
    assert f'<meta property="og:image" content="{address}.jpg">' in page
    assert f'poster="{address.rpartition("/")[2]}.jpg"' in page


async def test_a_clip_from_before_there_were_stills_has_none_and_plays(house: House, http: httpx.AsyncClient) -> None:
    address = await house.clip(DATA)
    for still in house.folder.rglob("*.jpg"):
        still.unlink()
    assert (await http.get(f"{address}.jpg")).status_code == 404
    assert (await http.get(f"{address}.mp4")).content == DATA
