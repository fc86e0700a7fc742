"""Result addresses: the whole clip or a range of it, only with the right signature, and not for ever."""

import pytest

from tests.sandbox.vendors.driver import Driver
from tests.sandbox.vendors.drivers import Ark, DashScope, Kling, MiniMax
from tests.sandbox.vendors.drivers_google import VeoGemini
from tests.sandbox.vendors.harness import Rig

SIGNED = (Kling, Ark, MiniMax, DashScope)
DAY_S = 86400


@pytest.mark.parametrize("driver", [*SIGNED, VeoGemini])
async def test_a_download_can_be_resumed(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    seen = await client.finish(await client.start())
    headers = client.download_headers
    whole = await rig.http.get(seen.url, headers=headers)
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("video/mp4", "bytes")
    etag, size = whole.headers["etag"], len(whole.content)
    rest = await rig.http.get(seen.url, headers={**headers, "range": "bytes=1000-", "if-range": etag})
    assert (rest.status_code, rest.headers["content-range"]) == (206, f"bytes 1000-{size - 1}/{size}")
    assert whole.content[1000:] == rest.content
    changed = await rig.http.get(seen.url, headers={**headers, "range": "bytes=1000-", "if-range": '"other"'})
    assert changed.status_code == 200
    beyond = await rig.http.get(seen.url, headers={**headers, "range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert (await rig.http.get(seen.url, headers={**headers, "if-none-match": etag})).status_code == 304
    head = await rig.http.head(seen.url, headers=headers)
    assert (head.headers["content-length"], head.content) == (str(size), b"")


@pytest.mark.parametrize("driver", SIGNED)
async def test_an_address_cannot_be_guessed_or_changed(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    seen = await client.finish(await client.start())
    bare, _, query = seen.url.partition("?")
    assert (await rig.http.get(bare)).status_code == 403
    later = query.replace("Expires=1", "Expires=9")
    assert (await rig.http.get(f"{bare}?{later}")).status_code == 403
    assert (await rig.http.get(f"{bare}?Expires=x&Signature=y")).status_code == 403
    assert (await rig.http.get(f"{bare.replace('.mp4', '0.mp4')}?{query}")).status_code == 403


@pytest.mark.parametrize(("driver", "life_s"), [(Kling, 30 * DAY_S), (Ark, DAY_S), (MiniMax, 3600), (DashScope, DAY_S)])
async def test_an_address_works_as_long_as_the_vendor_says(rig: Rig, driver: type[Driver], life_s: float) -> None:
    client = driver(rig)
    seen = await client.finish(await client.start())
    rig.clock.skipped_s = life_s - 60
    assert (await rig.http.get(seen.url)).status_code == 200
    rig.clock.skipped_s = life_s + 60
    expired = await rig.http.get(seen.url)
    assert (expired.status_code, "expired" in expired.text) == (403, True)


async def test_equal_jobs_share_one_rendered_file(rig: Rig) -> None:
    client = Kling(rig)
    for _ in range(3):
        await client.download(await client.finish(await client.start("the same fox")))
    assert len([*(rig.world.home / "clips").iterdir()]) == 1


async def test_nothing_is_rendered_before_somebody_asks(rig: Rig) -> None:
    client = Kling(rig)
    await client.finish(await client.start())
    assert not (rig.world.home / "clips").exists()
