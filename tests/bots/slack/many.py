"""Two workspaces that install the app by themselves, and the app behind its own address: all over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography.fernet import Fernet
from pydantic import SecretStr
from starlette.applications import Starlette

from bots.slack.__main__ import build as build_app
from bots.slack.configured import Reach, reach
from bots.slack.http import SlackHttp
from bots.slack.installation.installing import Installer
from bots.slack.settings import SlackSettings
from bots.video_service import VideoService
from core.db.pool import Pool
from core.queue import Hints
from core.storage import ObjectStorage
from sandbox.slack import Slack
from sandbox.slack.cloud import Cloud, OAuthApp
from sandbox.slack.fixtures import Team
from sandbox.slack.posting import Posting
from sandbox.world import World
from tests.patience import PATIENCE_S
from tests.sandbox.slack.conftest import Server
from web import chats
from web.app import build as build_web

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
KEY = Fernet.generate_key().decode()
RED, BLUE = Team(id="T0RED", name="Red", domain="red"), Team(id="T0BLUE", name="Blue", domain="blue")


@dataclass(slots=True, kw_only=True)
class Town:
    """Slack's stand-in with several workspaces, and the app behind its own address."""

    cloud: Cloud
    red: Slack
    blue: Slack
    settings: SlackSettings
    address: str
    reach: Reach
    pool: Pool

    async def install(self, team: Team) -> httpx.Response:
        """Install the app as a person does in a browser: press Install, agree, come back with the browser's cookie."""
        async with httpx.AsyncClient(trust_env=False) as browser:
            sent = await browser.get(f"{self.address}/slack/install", params={"team": team.id})
            assert sent.status_code == 302
            cookie = sent.headers["set-cookie"].partition(";")[0]
            agreed = await browser.get(sent.headers["location"])
            assert agreed.status_code == 302, agreed.text
            return await browser.get(agreed.headers["location"], headers={"cookie": cookie})


@asynccontextmanager
async def serving_app(app: Any) -> AsyncIterator[str]:
    """An application under uvicorn, in this loop, on a port of its own."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        server = Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, no event
                    await asyncio.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop.set()
            await running


@asynccontextmanager
async def town(
    home: Path, pool: Pool, video_service: VideoService, *, rotates: bool = False, org_wide: bool = False
) -> AsyncIterator[Town]:
    """Everything up: two workspaces without the app, and the app's web process."""
    routes: list[Any] = []
    late = Starlette(routes=routes)
    async with serving_app(late) as cloud_url, serving_app(app := Starlette()) as address:
        posting = Posting(url=f"{address}/slack/events", secret=SECRET)
        options: dict[str, Any] = {"share_s": 0.05, "listen_s": 0.05, "posting": posting}

        def workspace(team: Team) -> Slack:
            return Slack(World(home=home / team.id, base_url=f"{cloud_url}/{team.id}", seed=1), team=team, **options)

        red, blue = workspace(RED), workspace(BLUE)
        red.store.org_wide = org_wide
        oauth = OAuthApp(
            client_id="1.2", client_secret="shh", rotates=rotates, redirect_urls=(f"{address}/slack/oauth_redirect",)
        )
        cloud = Cloud([red, blue], oauth)
        late.router.routes.extend(cloud.routes())
        known = SlackSettings(
            slack_client_id="1.2",
            slack_client_secret=SecretStr("shh"),
            slack_signing_secret=SecretStr(SECRET),
            slack_token_key=SecretStr(KEY),
            slack_base_url=f"{cloud_url}/slack/api/",
        )  # type: ignore[call-arg]  # the rest has defaults
        found = reach(known, pool)
        assert found is not None
        chat = found.chat()
        installer = Installer(known, pool, public_url=address)
        http = SlackHttp(
            build_app(video_service, chat, found.web, workspaces=found.workspaces),
            chat,
            found.web,
            signing_secret=SECRET,
            installer=installer,
        )
        web = build_web(
            pool=pool,
            hints=Hints("redis://127.0.0.1:1"),
            storage=ObjectStorage(f"file://{home}"),
            labels={},
            chats=chats.routes(http),  # type: ignore[arg-type]  # nobody asks them here
        )
        app.router.routes.extend(web.routes)
        app.exception_handlers.update(web.exception_handlers)
        try:
            yield Town(cloud=cloud, red=red, blue=blue, settings=known, address=address, reach=found, pool=pool)
        finally:
            await http.aclose()
