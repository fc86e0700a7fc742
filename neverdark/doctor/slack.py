"""Checks Slack: whether it accepts our tokens, their scopes, whether it can reach us, and whether the clocks agree."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bots.slack.installation.manifest import EVENTS, Scopes, scopes
from bots.slack.installation.request_url import challenge
from bots.slack.installation.sealing import SealBroken, Sealer
from bots.slack.settings import Mode, SlackSettings
from core.db.errors import connection
from core.db.people import installations
from core.db.people.installations import AppInstallation
from core.db.pool import open_pool
from core.domain.ids import PlatformName
from core.http.base_client import http_client
from core.settings import Settings
from neverdark.doctor.findings import Finding, Verdict, fine, unset, warning, wrong

SLACK = PlatformName("slack")
ANSWER_MAX = 4 << 20
CALL_TIMEOUT_S = 10.0
SCOPES_NEEDED = frozenset({"commands", "chat:write", "files:write"})
"""The scopes without which no video can be asked for or posted; the manifest's others are optional."""
OFF_MOST_S = 120.0
"""Seconds between Slack's clock and ours at most: we refuse requests that are five minutes off."""
WORKSPACES_ASKED = 200
"""Workspaces that are checked at most, each with its own token."""
AT_ONCE = 8
FINE_SHOWN = 5
TROUBLED_SHOWN = 20

Clock = Callable[[], datetime]


async def slack(known: SlackSettings, settings: Settings, *, clock: Clock = lambda: datetime.now(UTC)) -> list[Finding]:
    """The findings about Slack as configured. Raises SettingsError."""
    if known.mode is None:
        return []
    asked = scopes(history=known.slack_history)
    async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S) as http:
        if known.mode is Mode.MANY:
            return [*await _many(http, known, settings, asked, clock), *await _reached(http, known, settings)]
        token = known.slack_bot_token.get_secret_value() if known.slack_bot_token is not None else ""
        body, headers = await _call(http, known, "auth.test", token)
        findings = [_bot(body, headers, asked), *_clocks(headers, clock)]
        if known.slack_app_token is not None:
            app = known.slack_app_token.get_secret_value()
            findings.append(_app((await _call(http, known, "apps.connections.open", app))[0]))
        elif known.slack_signing_secret is not None:
            findings += await _reached(http, known, settings)
        return findings


async def _call(
    http: httpx.AsyncClient, known: SlackSettings, method: str, token: str
) -> tuple[dict[str, Any], httpx.Headers]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await http.post(f"{known.slack_base_url}{method}", headers=headers)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {"ok": False, "error": f"an answer {answer.status_code} that is no JSON"}
    return body, answer.headers


def _bot(body: dict[str, Any], headers: httpx.Headers, asked: Scopes) -> Finding:
    if not body.get("ok"):
        remedy = "put the “Bot User OAuth Token” of your installed app into SLACK_BOT_TOKEN"
        return wrong("Slack", f"SLACK_BOT_TOKEN is refused ({body.get('error')})", remedy)
    workspace = f"{body.get('team') or body.get('team_id')}, as {body.get('user') or body.get('user_id')}"
    if (listed := headers.get("x-oauth-scopes")) is None:
        return fine("Slack", workspace)
    return _granted(workspace, {scope.strip() for scope in listed.split(",")}, asked)


def _granted(workspace: str, granted: set[str], asked: Scopes) -> Finding:
    """The finding about granted and needed scopes, by name."""
    missing = set(asked.needed) - granted
    if missing:
        says = f"{workspace}: the app was installed without {', '.join(sorted(missing))}"
        remedy = "give the app what `neverdark slack manifest` prints, and install it into the workspace again"
        return wrong("Slack", says, remedy) if missing & SCOPES_NEEDED else warning("Slack", says, remedy)
    if left_out := set(asked.optional) - granted:
        return fine("Slack", f"{workspace}, with all needed scopes; without {', '.join(sorted(left_out))}")
    return fine("Slack", f"{workspace}, with all scopes")


def _app(body: dict[str, Any]) -> Finding:
    if body.get("ok"):
        return fine("Slack app", "a socket may be opened")
    remedy = "make an app-level token with the scope connections:write, and put it into SLACK_APP_TOKEN"
    if body.get("error") in {"socket_mode_not_enabled", "not_allowed"}:
        remedy = "switch Socket Mode on in the settings of the app"
    return wrong("Slack app", f"SLACK_APP_TOKEN is refused ({body.get('error')})", remedy)


def _clocks(headers: httpx.Headers, clock: Clock) -> list[Finding]:
    """Whether this machine's clock agrees with Slack's: a request that is five minutes off counts as forged."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return []
    off_s = abs((clock() - theirs).total_seconds())
    if off_s <= OFF_MOST_S:
        return []
    says = f"this machine's clock is {off_s:.0f} s off Slack's; from 300 s on every request of Slack's is refused"
    return [wrong("Slack", says, "let the machine's time be set by NTP")]


async def _reached(http: httpx.AsyncClient, known: SlackSettings, settings: Settings) -> list[Finding]:
    """Whether the request URL leads to our `web` with the right signing secret, by the request that Slack sends."""
    if settings.public_url is None or known.slack_signing_secret is None:
        return [
            unset("Slack", "Slack posts to PUBLIC_URL, which is not set", "set it to the address of `neverdark web`")
        ]
    url = settings.public_url.rstrip("/") + EVENTS
    asked = challenge(known.slack_signing_secret.get_secret_value())
    try:
        answer = await http.post(url, content=asked.body.encode(), headers=dict(asked.headers))
    except httpx.HTTPError as error:
        return [wrong("Slack", f"{url} is not reached ({type(error).__name__})", "see that `neverdark web` runs")]
    if answer.status_code == httpx.codes.OK and asked.word in answer.text:
        return [fine("Slack", f"{url} answers Slack")]
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        remedy = "give `web` and this command the same SLACK_SIGNING_SECRET, and look at both machines' clocks"
        return [wrong("Slack", f"{url} takes another signing secret", remedy)]
    remedy = "let your proxy lead there to WEB_HOST and WEB_PORT, and see that `neverdark web` has SLACK_SIGNING_SECRET"
    return [wrong("Slack", f"{url} is answered with {answer.status_code}", remedy)]


async def _many(
    http: httpx.AsyncClient, known: SlackSettings, settings: Settings, asked: Scopes, clock: Clock
) -> list[Finding]:
    """The workspaces that installed the app: whether their tokens can be decrypted, are accepted, and suffice."""
    if settings.database_url is None:
        return []
    async with open_pool(settings.database_url.get_secret_value(), size_max=1) as pool, connection(pool) as conn:
        found = await installations.everywhere(conn, SLACK)
    if not found:
        remedy = f"open {settings.public_url or 'PUBLIC_URL'}/slack/install in a browser"
        return [warning("Slack", "no workspace has installed the app yet", remedy)]
    sealer, room = Sealer(known.token_keys), asyncio.Semaphore(AT_ONCE)

    async def looked_at(each: AppInstallation) -> Finding:
        async with room:
            return await _installed(http, known, each, sealer, asked)

    async with asyncio.TaskGroup() as tasks:
        looks = [tasks.create_task(looked_at(each)) for each in found[:WORKSPACES_ASKED]]
    findings = [look.result() for look in looks]
    well = [each for each in findings if each.verdict is Verdict.FINE]
    shown = [each for each in findings if each.verdict is not Verdict.FINE][:TROUBLED_SHOWN]
    if len(well) <= FINE_SHOWN:
        shown += well
    elif well:
        shown.append(fine("Slack", f"{len(well)} workspaces are fine; `neverdark slack workspaces` lists them"))
    if len(found) > WORKSPACES_ASKED:
        shown.append(fine("Slack", f"the first {WORKSPACES_ASKED} of {len(found)} workspaces were asked"))
    _, headers = await _call(http, known, "api.test", "")
    return [*shown, *_clocks(headers, clock)]


async def _installed(
    http: httpx.AsyncClient, known: SlackSettings, each: AppInstallation, sealer: Sealer, asked: Scopes
) -> Finding:
    name = str(each.facts.get("team_name") or each.facts.get("enterprise_name") or each.installation)
    try:
        token = str(sealer.opened(each.sealed or "", of=each.installation)["bot_token"])
    except SealBroken:
        remedy = "put the key that they were sealed with behind the others in SLACK_TOKEN_KEY"
        return wrong("Slack", f"{name}: no key of SLACK_TOKEN_KEY opens its tokens", remedy)
    body, headers = await _call(http, known, "auth.test", token)
    if not body.get("ok") and body.get("error") == "token_expired":
        return fine("Slack", f"{name}: its token has ended, and is renewed when it is needed")
    if not body.get("ok"):
        remedy = "have an admin of that workspace install the app again"
        return warning("Slack", f"{name}: its token is refused ({body.get('error')})", remedy)
    listed = headers.get("x-oauth-scopes")
    granted = {scope.strip() for scope in listed.split(",")} if listed else set(each.facts.get("bot_scopes") or ())
    return _granted(name, granted, asked)
