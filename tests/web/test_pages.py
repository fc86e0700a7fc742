"""The pages behind a link in a real browser: the film plays, in both lights, on a phone, and framed by another site."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.patience import PATIENCE_S
from tests.web.conftest import House, served

_UNTIL = "film => new Promise(done => {{ const look = () => ({1}) && done(); film.on{0} = look; look() }})"
PROMPT = "a red fox trots through fresh snow at dusk, breath steaming, long lens, soft backlight"


def film(path: Path, *, width: int, height: int) -> bytes:
    """Two seconds that end brighter than they begin."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("h264", rate=12)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for shade in range(24):
            picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
            picture = Image.blend(picture, Image.new("RGB", (width, height), (200, 90 + shade * 3, 40)), 0.6)
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))  # type: ignore[no-untyped-call]  # Pillow's half of PyAV
        container.mux(stream.encode())
    return path.read_bytes()


async def test_a_film_plays_and_every_page_can_be_looked_at(house: House, browser: Browser, tmp_path: Path) -> None:
    complaints: list[str] = []
    async with served(house.app()) as probe:
        base = probe
    house.addresses = replace(house.addresses, base=base)
    port = int(base.rpartition(":")[2])
    async with served(house.app(), port=port):
        wide = await house.clip(film(tmp_path / "wide.mp4", width=640, height=360), prompt=PROMPT)
        tall = await house.clip(film(tmp_path / "tall.mp4", width=360, height=640), prompt=PROMPT, width=608)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await open_in(page, "light", wide)
        await page.screenshot(path=tmp_path / "light.png")
        await open_in(page, "dark", wide)
        await page.screenshot(path=tmp_path / "dark.png")
        assert await page.locator("video").evaluate("film => film.play().then(() => film.videoWidth)") == 640
        await page.locator("video").evaluate(_UNTIL.format("timeupdate", "film.currentTime > 0.2"))
        await page.locator("video").evaluate("film => { film.pause(); film.currentTime = 1.5 }")
        await page.locator("video").evaluate(_UNTIL.format("seeked", "film.currentTime >= 1.5 && !film.seeking"))
        await page.set_viewport_size({"width": 390, "height": 780})
        await open_in(page, "dark", tall)
        await page.screenshot(path=tmp_path / "phone.png")
        await page.set_viewport_size({"width": 480, "height": 270})
        await open_in(page, "light", wide)
        await expect(page.locator("h1")).to_be_hidden()  # framed: the film alone
        assert await fits(page)
        await page.screenshot(path=tmp_path / "framed.png")
        assert complaints == []
        await page.set_viewport_size({"width": 900, "height": 600})
        await page.goto(wide[:-3])
        await expect(page.locator("h1")).to_have_text("This link leads nowhere")
        await page.screenshot(path=tmp_path / "nowhere.png")


async def open_in(page: Page, scheme: Any, address: str) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.goto(address)
    await expect(page.locator("h1")).to_have_text(PROMPT)
    await page.locator("video").evaluate(_UNTIL.format("loadeddata", "film.readyState >= 2"))
    assert await fits(page)


async def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    found: bool = await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found
