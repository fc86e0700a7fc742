"""Each page of web in each of its states, as a person sees it: in both lights, on a desktop and on a phone.

What a program can judge is judged here: nothing is wider than the window or cut off, everything can be read, and on a
phone everything that is pressed is large enough. A picture of each is in pytest's temporary folder, to be looked at.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.db.errors import transaction
from core.db.health import route_health
from core.db.people import teams
from core.domain.health.config import HealthConfig
from core.domain.ids import Installation, PlatformName, ProviderName, RouteKey, UserId
from core.usecases.health.availability import Watched
from tests.patience import PATIENCE_S
from tests.web.conftest import BASE, ROUTE, SEEDANCE, House, served
from web import console_sheets
from web.console_pages import page as page_of
from web.operators import Operators

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

TOKEN = "a token of sixteen"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LONG = "an-installation-whose-name-nobody-would-choose-" * 3
ROUTES = {
    SEEDANCE: (ROUTE, RouteKey("seedance.ark2")),
    ProviderName("veo"): (RouteKey("veo.vertex"),),
    ProviderName("kling"): (RouteKey("kling.api"), RouteKey("kling.a-reseller-with-a-long-name-of-its-own")),
}
LABELS = {SEEDANCE: "Seedance 2.0", ProviderName("veo"): "Google Veo 3.1", ProviderName("kling"): "Kling 3.0"}
CONSOLE = ("", "/generations", "/providers", "/messages", "/teams", "/spend", "/incidents")
PUBLIC = ("/", "/status", "/nowhere", "/operator")

FILL = """
INSERT INTO incidents (provider, worst, worst_held, began_at, ended_at, title, words)
SELECT (ARRAY['seedance', 'veo', 'kling'])[1 + n % 3],
       CASE n % 3 WHEN 0 THEN ARRAY['seedance.ark'] WHEN 1 THEN ARRAY['veo.vertex'] ELSE ARRAY['kling.api'] END,
       CASE n % 2 WHEN 0 THEN ARRAY['veo.vertex'] ELSE '{}' END, nd_now() - n * interval '5 days' - interval '1 day',
       nd_now() - n * interval '5 days' - interval '20 hours',
       CASE n % 4 WHEN 0 THEN repeat('Their region is away, and so is another one. ', 3) END,
       CASE n % 3 WHEN 0 THEN repeat('We wait for them, and other providers make the videos meanwhile. ', 6) END
  FROM generate_series(0, 9) n;
INSERT INTO provider_health_events (route, at, from_state, to_state, reason, score, epoch, actor, evidence)
SELECT 'seedance.ark', nd_now() - n * interval '1 hour', 'healthy', 'demoted', 'run', 3, 1000 + n,
       'worker:' || repeat('h', 40), '{"text": "3 run failures in 4 min"}'
  FROM generate_series(1, 40) n;
INSERT INTO provider_health_buckets (route, minute, class, count, seconds)
SELECT r, date_trunc('minute', nd_now()) - d * interval '1 day', c, CASE c WHEN 'ok' THEN 90 ELSE d % 30 END, 9000
  FROM unnest(ARRAY['seedance.ark', 'veo.vertex']) r, generate_series(0, 60) d,
       unnest(ARRAY['ok', 'transient_server']) c;
UPDATE generations SET state = 'done', outcome = 'failed', settled = 0, done_at = nd_now(), wake_at = NULL
 WHERE id IN (SELECT id FROM generations ORDER BY id LIMIT 12);
INSERT INTO deliveries (generation_id, kind, key, state, tries, memory)
SELECT id, 'result', gen_random_uuid(), 'gone', 5, jsonb_build_object('why', repeat('the channel is archived; ', 8))
  FROM generations WHERE state = 'done';
"""

UNREADABLE = Path(__file__).with_name("unreadable.js").read_text()
"""What cannot be read, is cut off, or is too small to be pressed."""


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[str]:
    async with transaction(house.pool) as conn:
        slots = {route: 20 for its in ROUTES.values() for route in its}
        await route_health.ensure(conn, slots, config=HealthConfig())
    operators = Operators(
        secret=TOKEN,
        token=TOKEN,
        pool=house.pool,
        watched=Watched(by_provider=ROUTES),
        is_https=False,
        has_accounts=True,
    )
    app = house.app(operators=operators, labels=LABELS, watched=Watched(by_provider=ROUTES))
    app.router.routes.append(Route("/after-a-login", partial(after_a_login, operators)))
    async with served(app) as base:
        yield base


async def after_a_login(operators: Operators, request: Request) -> Response:
    """The pages around a login with an account, which need a login provider to be come to."""
    why = request.query_params.get("why")
    if why is None:
        return page_of(console_sheets.entered().replace('http-equiv="refresh"', 'name="stays"'))
    return page_of(console_sheets.login(replace(operators, token=None), why=why or None))


async def fill(house: House) -> str:
    """Many rows, long names, and one of everything that may be wrong. Returns a generation's id."""
    shown = str((await house.attempt()).generation_id)
    for _ in range(30):
        await house.generation(prompt="a fox")
    async with transaction(house.pool) as conn:
        await teams.ensure(
            conn, platform=PlatformName("test"), installation=Installation(LONG), user=UserId("ana"), free_credits=5
        )
        await conn.execute(FILL)
        await route_health.hold(
            conn, ROUTES[ProviderName("kling")][1], why="their page is red " * 8, until=None, config=HealthConfig(),
            actor="operator",
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO step_log (generation_id, fence, worker, step, outcome, facts) "
            "SELECT $1, 1, 'worker:' || $2, 'watch', 'running', "
            "jsonb_build_object('task', repeat('t', 120), 'n', n) FROM generate_series(1, 30) n",
            shown, LONG,
        )  # fmt: skip
    return shown


async def seen(page: "Page", path: str, folder: Path, name: str) -> list[str]:
    """Open it in all looks; what is wrong with each."""
    found: list[str] = []
    await page.goto(path)
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            found += [f"{name}, {scheme}, {size}: {each}" for each in await page.evaluate(UNREADABLE)]
    await page.screenshot(path=folder / f"{name}.png")
    return found


@pytest.mark.parametrize("state", ["empty", "full"])
async def test_every_page_of_every_state_can_be_read_in_every_look(
    house: House, browser: "Browser", tmp_path: Path, state: str
) -> None:
    async with opened(house) as base:
        generation = await fill(house) if state == "full" else None
        page = await browser.new_page(base_url=base)
        page.set_default_timeout(PATIENCE_S * 1000)
        found: list[str] = []
        for path in PUBLIC:
            found += await seen(page, path, tmp_path, f"public{path.replace('/', '-')}")
        await page.goto("/operator")
        await page.fill("[name=token]", "not the token")
        await page.press("[name=token]", "Enter")
        await page.wait_for_selector(".said")  # a page that is being left has no picture
        await page.screenshot(path=tmp_path / "refused.png")
        await page.fill("[name=token]", TOKEN)
        await page.press("[name=token]", "Enter")
        await page.wait_for_selector("text=workers alive")
        paths = {f"console{path.replace('/', '-')}": f"/operator{path}" for path in CONSOLE}
        paths["console-said"] = "/operator/providers?said=held"
        paths["console-missing"] = f"/operator/generations/{uuid4()}"
        if generation is not None:
            paths["console-generation"] = f"/operator/generations/{generation}"
            paths["console-filtered"] = "/operator/generations?state=done&team=1"
        for name, path in paths.items():
            found += await seen(page, path, tmp_path, name)
    assert found == [], "\n".join(found)


async def linked(house: House) -> dict[str, str]:
    """By name, a page of a video, and one for each reason why there is none."""
    paths = {
        "wide": await house.clip(b"x" * 100),
        "tall": await house.clip(b"x" * 100, width=608, prompt="a fox that walks through the snow, and on and on " * 9),
        "expired": await house.clip(b"x" * 100),
        "revoked": await house.clip(b"x" * 100),
        "deleted": await house.clip(b"x" * 100),
        "unknown": "/v/nothing",
    }
    deleted, revoked, expired, *_ = await house.pool.fetch("SELECT * FROM clip_link ORDER BY created_at DESC")
    await house.pool.execute("UPDATE clip_link SET expires_at = nd_now() WHERE id = $1", expired["id"])
    await house.pool.execute("UPDATE clip_link SET revoked_at = nd_now() WHERE id = $1", revoked["id"])
    await house.pool.execute("UPDATE generations SET clip = NULL WHERE id = $1", deleted["generation_id"])
    return {name: path.removeprefix(BASE) for name, path in paths.items()}


GONE = {"expired": "has expired", "revoked": "was withdrawn", "deleted": "no longer here", "unknown": "leads nowhere"}


async def test_links_and_logins_can_be_read_in_every_look(house: House, browser: "Browser", tmp_path: Path) -> None:
    async with opened(house) as base:
        page = await browser.new_page(base_url=base)
        page.set_default_timeout(PATIENCE_S * 1000)
        found: list[str] = []
        for name, path in (await linked(house)).items():
            found += await seen(page, path, tmp_path, name)
            assert GONE.get(name, "Download") in await page.inner_text("main"), name
        for why in ("", "not_allowed", "failed", "away", "token"):
            found += await seen(page, f"/after-a-login?why={why}", tmp_path, f"login-{why}")
            assert await page.locator("text=Enter with your company's account").count() == 1
        found += await seen(page, "/after-a-login", tmp_path, "entered")
    assert found == [], "\n".join(found)


async def test_an_error_is_a_page_for_a_browser_and_json_for_a_program(house: House, browser: "Browser") -> None:
    async with opened(house) as base:
        page = await browser.new_page(base_url=base)
        answer = await page.goto("/nowhere")
        assert answer is not None
        assert answer.status == 404
        assert await page.locator("h1").inner_text() == "There is no such page"
        told = await page.request.get("/nowhere", headers={"accept": "*/*"})
        assert await told.json() == {"error": "Not Found"}
        await house.pool.close()
        answer = await page.goto("/status")
        assert answer is not None
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert await page.locator("h1").inner_text() == "One moment, please"
