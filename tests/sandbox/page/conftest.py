"""The chat page in a real browser: headless Chromium against a sandbox whose platforms are fakes."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import pytest
import pytest_asyncio
import uvicorn
from PIL import Image
from playwright.async_api import Browser, Page, Route, ViewportSize, async_playwright, expect

from sandbox.live import close_pages

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP: ViewportSize = {"width": 1440, "height": 900}

Opened = Callable[..., Awaitable[Page]]

PATIENT_MS = 120_000
"""A busy machine is no reason to fail."""
expect.set_options(timeout=PATIENT_MS)


@pytest.fixture(scope="module")
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.skip(f"needs a Chromium at {CHROMIUM}: apt-get install chromium")
    return CHROMIUM


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def served(sandbox: Any) -> AsyncIterator[str]:
    """The sandbox behind a real server, in this loop."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(sandbox.app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server._serve(sockets=[listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            close_pages(sandbox.world)
            server.should_exit = True


@pytest.fixture
def complaints() -> list[str]:
    """What the browser logged as a warning or an error."""
    return []


async def _shows(route: Route) -> None:
    """A picture at any address that a test has made up."""
    made = io.BytesIO()
    Image.new("RGB", (320, 180), "#3c5a8c").save(made, "PNG")
    await route.fulfill(status=200, content_type="image/png", body=made.getvalue())


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, sandbox: Any, complaints: list[str]) -> AsyncIterator[Opened]:
    """Opens the page; at the end of the test there may be no complaint."""
    async with served(sandbox) as url:
        context = await browser.new_context(viewport=DESKTOP)
        await context.route("https://films.example/**", _shows)
        context.set_default_timeout(PATIENT_MS)
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

        async def open_page(*, viewport: Any = DESKTOP, scheme: Any = "light") -> Page:
            await page.set_viewport_size(viewport)
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.goto(url)
            await expect(page.locator(".connection")).to_have_text("Live")
            return page

        yield open_page
        await context.close()
    assert complaints == []


def render(path: Path) -> None:
    """A second of H.264, twice as wide as high."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("h264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 160, 80, "yuv420p"
        for shade in range(12):
            picture = Image.new("RGB", (160, 80), (shade * 20, 60, 90))
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # Pillow's half of PyAV
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture
def clip(sandbox: Any) -> list[dict[str, Any]]:
    """A message's files: one short video, twice as wide as high."""
    render(sandbox.world.home / "clip.mp4")
    url = f"{sandbox.world.base_url}/clip.mp4"
    return [{"name": "fox.mp4", "mimetype": "video/mp4", "size": 2048, "url": url}]
