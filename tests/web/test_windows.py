"""Every page in every window: on a phone and on a desktop, in both lights, nothing is wider than it or cut off."""

from dataclasses import replace
from itertools import product
from operator import itemgetter
from pathlib import Path

import pytest
from playwright.async_api import Browser

from core.db.errors import transaction
from core.db.health import route_health
from core.domain.health.config import HealthConfig
from core.usecases.health.availability import Watched
from tests.patience import PATIENCE_S
from tests.quick import of_each_kind
from tests.web.conftest import ROUTE, SEEDANCE, House, served
from web.operators import Operators

TOKEN = "a token of sixteen"
LONG = "an old lighthouse in a storm while gulls cry above a small boat that looks for its harbour " * 4
WINDOWS = {"phone": (390, 844), "desktop": (1400, 900)}
LOOKS = list(product(WINDOWS, ("light", "dark")))
LOOKED_AT = of_each_kind(LOOKS, itemgetter(0), of="windows")
OUTSIDE = """() => {
  const hidden = each => each && (getComputedStyle(each).clipPath !== 'none' || hidden(each.parentElement));
  const found = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push('the page: ' + document.documentElement.scrollWidth);
  for (const each of document.querySelectorAll('body *')) {
    const at = each.getBoundingClientRect(), style = getComputedStyle(each);
    if (hidden(each) || !at.width) continue;
    const words = each.tagName + ' ' + (each.textContent || '').trim().slice(0, 30);
    if (at.right > width + 1 || at.left < -1) found.push('outside: ' + words);
    if (style.overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1) found.push('cut: ' + words);
  }
  return found;
}"""


@pytest.mark.parametrize(("window", "scheme"), LOOKED_AT)
async def test_nothing_is_outside_its_window(
    house: House, browser: Browser, window: str, scheme: str, tmp_path: Path
) -> None:
    operators = Operators(
        secret=TOKEN, token=TOKEN, pool=house.pool, watched=Watched(by_provider={SEEDANCE: (ROUTE,)}),
        is_https=False,
    )  # fmt: skip
    async with transaction(house.pool) as conn:
        await route_health.ensure(conn, {ROUTE: 20}, config=HealthConfig())
    async with served(house.app(operators=operators)) as base:
        house.addresses = replace(house.addresses, base=base)
    async with served(house.app(operators=operators), port=int(base.rpartition(":")[2])):
        link = await house.clip(b"no film", prompt=LONG)
        one = await house.pool.fetchval("SELECT id FROM generations LIMIT 1")
        width, height = WINDOWS[window]
        context = await browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        page = await context.new_page()
        found = {}

        async def looked_at(path: str, name: str) -> None:
            await page.goto(path if path.startswith("http") else f"{base}{path}")
            await page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            if wrong := await page.evaluate(OUTSIDE):
                found[name] = wrong

        await looked_at("/operator", "login")
        await page.fill("input[name=token]", TOKEN)
        await page.press("input[name=token]", "Enter")
        await page.wait_for_selector("text=workers alive")
        pages = ("", "/generations", f"/generations/{one}", "/teams", "/spend", "/providers", "/messages", "/incidents")
        for path in ("/", "/status", *(f"/operator{each}" for each in pages)):
            await looked_at(path, path.strip("/").replace("/", "-") or "front")
        await looked_at(link.removesuffix(".mp4"), "player")
        await looked_at("/v/nothing", "gone")
        await context.close()
    assert found == {}
