"""Makes the pictures of docs/panels/: each panel of rules as managers see it in Slack and in Discord.

python -m tests.docs.panel_pictures

It starts `neverdark up`, types /settings in a browser, opens one panel after the other, and keeps what it sees.
"""

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from bots.discord.vocabulary import WORDS as DISCORD
from bots.slack.vocabulary import WORDS as SLACK
from core.domain.chat.vocabulary import Vocabulary
from core.domain.rules.panels import PanelName
from core.replies.languages.vocabulary import using
from core.replies.rules.panels import title_of
from tests.e2e.conftest import running

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "panels"
SIZE: ViewportSize = {"width": 1500, "height": 1400}
WIDTH_MOST = 560
WAIT_MS = 180_000.0
WORDS: dict[str, Vocabulary] = {"slack": SLACK, "discord": DISCORD}
WITHOUT: dict[str, set[PanelName]] = {"slack": {PanelName.SUPPORTERS}, "discord": set()}
"""What a platform does not have."""
PEOPLE = {"slack": "U0DAN", "discord": "1100000000000000014"}
ROLES = {"slack": "S0DESIGN", "discord": "1100000000000000152"}
CHANNELS = {
    "slack": ("C0VIDEO", "C0RANDOM"),
    "discord": ("1100000000000000102", "1100000000000000103"),
}


def panels(platform: str) -> Iterator[PanelName]:
    """Those that there are on a platform."""
    return (name for name in PanelName if name not in WITHOUT[platform])


def picture(platform: str, name: PanelName) -> Path:
    """Where the picture of a panel is."""
    return FOLDER / f"{platform}-{name.value}.webp"


GIVEN: Mapping[PanelName, Callable[[str], Mapping[str, tuple[str, ...]]]] = {
    PanelName.CHANNELS: lambda platform: {"denied": (CHANNELS[platform][1],)},
    PanelName.PEOPLE: lambda platform: {"blocked": (PEOPLE[platform],), "managers": (ROLES[platform],)},
    PanelName.WORDS: lambda _platform: {"blocked": ("cigar\nacme corp",)},
    PanelName.SHARING: lambda platform: {"links": ("24h",), "no_links": (CHANNELS[platform][0],)},
    PanelName.PROVIDERS: lambda _platform: {"excluded": ("hailuo",), "tier": ("ultra",), "max_price": ("400",)},
    PanelName.LIMITS: lambda _platform: {"videos_per_day": ("20",), "wait_s": ("30",)},
}
"""What is set before, so that the panels show what holds."""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with running(Path(tempfile.mkdtemp(prefix="neverdark-panels-"))) as town, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for platform in WORDS:
            page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
            page.set_default_timeout(WAIT_MS)
            page.goto(town.address)
            _ask(page, platform)
            for name, values in GIVEN.items():
                _send(_open(page, platform, name), values(platform))
            for name in panels(platform):
                _keep(_open(page, platform, name), to=picture(platform, name))
            page.close()
        browser.close()
    made = list(FOLDER.glob("*.webp"))
    print(f"{len(made)} pictures, {sum(each.stat().st_size for each in made) / 1e6:.2f} MB")  # noqa: T201 - what it has made


def _ask(page: Page, platform: str) -> None:
    box = page.locator(f".pane.{platform} .main textarea")
    box.wait_for()
    box.press_sequentially("/settings")
    box.press("Escape")
    box.press("Enter")


def _open(page: Page, platform: str, name: PanelName) -> Locator:
    menu = page.locator(f".pane.{platform} select[aria-label^='Change a rule']").last
    menu.wait_for()
    with using(WORDS[platform]):
        menu.select_option(label=f"{title_of(name)} …")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    return dialog


def _send(dialog: Locator, values: Mapping[str, tuple[str, ...]]) -> None:
    for name, chosen in values.items():
        for each in chosen:
            field = dialog.locator(f"[name='{name}']")
            if field.first.get_attribute("type") == "checkbox":
                dialog.locator(f"[name='{name}'][value='{each}']").check()
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(each)
            else:
                field.fill(each)
    dialog.locator("footer .primary").click()
    dialog.wait_for(state="detached")


def _keep(dialog: Locator, *, to: Path) -> None:
    seen = Image.open(io.BytesIO(dialog.screenshot())).convert("RGB")
    if seen.width > WIDTH_MOST:
        seen = seen.resize((WIDTH_MOST, round(seen.height * WIDTH_MOST / seen.width)), Image.Resampling.LANCZOS)
    seen.save(to, quality=80, method=6)
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")


if __name__ == "__main__":
    main()
