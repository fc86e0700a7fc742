"""Makes the moving picture of the README: Veo is down, Kling makes the video, the thread shows it.

python -m tests.docs.moving_picture

It starts `neverdark up`, does in a browser what a person does, and puts what is seen together as an animated WebP.
Nothing is drawn in; a picture that stands still for long is shown for less.
"""

import io
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.e2e.conftest import running

OUT = Path(__file__).resolve().parents[2] / "docs" / "failover.webp"
SIZE = ViewportSize(width=1180, height=660)
WIDTH = 900
EVERY_S = 0.25
MOST_S = 75.0
MOST_MS = 1200
"""How long one picture is shown at most: a busy machine takes its time, and nobody wants to watch that."""
STAYS_S = 3.0
"""How long the last picture is looked at."""
FACTOR = 25
PROMPT = "/video a red fox in the snow"


def main() -> None:
    with running(Path(tempfile.mkdtemp(prefix="neverdark-picture-"))) as town, sync_playwright() as playwright:
        town.http.post("/api/speed", json={"factor": FACTOR}).raise_for_status()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(town.address)
        page.locator(".pane.slack .main textarea").wait_for()
        film = Film(page)
        film.take(1.0)
        town.trouble("veo", "down")
        film.take(1.0)
        box = page.locator(".pane.slack .main textarea")
        for part in PROMPT.split(" "):
            box.press_sequentially(part + " ")
            film.take(0.2)
        box.press("Escape")
        box.press("Enter")
        thread = page.locator(".pane.slack .thread")
        ends = time.monotonic() + MOST_S
        while not thread.locator("video").count():
            if time.monotonic() > ends:
                raise SystemExit("there was no video in time")
            film.take(EVERY_S)
        thread.locator("video").last.scroll_into_view_if_needed()
        film.take(STAYS_S)
        browser.close()
    film.save(OUT)
    print(f"{OUT}: {OUT.stat().st_size / 1e6:.2f} MB, {len(film.frames)} frames")  # noqa: T201 - what it has made


class Film:
    """What was seen, and for how long; a picture that is like the one before only makes it last longer."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._at = time.monotonic()
        self.frames: list[Image.Image] = []
        self.lasts_ms: list[int] = []

    def take(self, for_s: float) -> None:
        ends = time.monotonic() + for_s
        while True:
            seen = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
            seen = seen.resize((WIDTH, round(seen.height * WIDTH / seen.width)), Image.Resampling.LANCZOS)
            now = time.monotonic()
            if self.lasts_ms:
                lasts_ms = self.lasts_ms[-1] + round((now - self._at) * 1000)
                self.lasts_ms[-1] = min(MOST_MS, lasts_ms)
            self._at = now
            if not self.frames or seen.tobytes() != self.frames[-1].tobytes():
                self.frames.append(seen)
                self.lasts_ms.append(0)
            if now >= ends:
                return
            time.sleep(min(EVERY_S, ends - now))

    def save(self, to: Path) -> None:
        self.lasts_ms[-1] = max(self.lasts_ms[-1], round(STAYS_S * 1000))
        self.frames[0].save(
            to, save_all=True, append_images=self.frames[1:], duration=self.lasts_ms, loop=0, quality=70, method=4,
            minimize_size=False, allow_mixed=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
