"""Checks Discord: our token, the application's settings, the bot's permissions in each server, and its commands."""

from collections.abc import Iterable
from typing import Any

import httpx

from bots.discord.people.permissions import invitation, lacks
from bots.discord.settings import DiscordSettings
from core.http.base_client import http_client
from neverdark.doctor.findings import Finding, fine, warning, wrong

ANSWER_MAX = 4 << 20
CALL_TIMEOUT_S = 10.0
PAGE = 200
PAGES_MAX = 25
"""Pages of servers that are checked: 5,000 servers."""
_API = "https://discord.com/api/v10"
_SERVERS_NAMED = 3
_STARTS_LEAST = 20
_PRIVILEGED = {1 << 13: "presence", 1 << 15: "server members", 1 << 19: "message content"}
"""Flags of applications that may use an intent in up to 100 servers; the bits before them are for larger ones."""


async def discord(known: DiscordSettings) -> list[Finding]:
    """The findings about the bot's token, application, servers with permissions, and commands."""
    if known.discord_token is None:
        return []
    headers = {
        "Authorization": f"Bot {known.discord_token.get_secret_value()}",
        "User-Agent": "DiscordBot (neverdark, 1)",
    }
    base = (known.discord_api_url or _API).rstrip("/")
    async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S, headers=headers) as http:
        me = await http.get(f"{base}/users/@me")
        if me.status_code != httpx.codes.OK:
            remedy = "make a new one under “Bot” of your application, and put it into DISCORD_TOKEN"
            return [wrong("Discord", f"DISCORD_TOKEN is refused ({me.status_code})", remedy)]
        application = await _asked(http, f"{base}/oauth2/applications/@me") or {}
        number = str(application.get("id") or me.json().get("id"))
        guilds = await _guilds(http, base)
        name = str(me.json().get("username"))
        findings = [fine("Discord", f"as {name}") if guilds is None else _servers(name, guilds, invitation(number))]
        findings += _application(application)
        findings += _starts(await _asked(http, f"{base}/gateway/bot"))
        findings += _commands(await _asked(http, f"{base}/applications/{number}/commands"))
    return findings


async def _asked(http: httpx.AsyncClient, url: str) -> Any:
    answer = await http.get(url)
    if answer.status_code != httpx.codes.OK:
        return None
    try:
        return answer.json()
    except ValueError:
        return None


async def _guilds(http: httpx.AsyncClient, base: str) -> list[dict[str, Any]] | None:
    """Every server that the bot is in; None where Discord does not answer."""
    found: list[dict[str, Any]] = []
    after = "0"
    for _ in range(PAGES_MAX):
        page = await _asked(http, f"{base}/users/@me/guilds?limit={PAGE}&after={after}")
        if not isinstance(page, list):
            return found or None
        found += page
        if len(page) < PAGE:
            break
        after = str(page[-1].get("id"))
    return found


def _servers(name: str, guilds: list[dict[str, Any]], invite: str) -> Finding:
    if not guilds:
        return warning("Discord", f"as {name}, in no server", f"invite it with {invite}")
    lacking = {str(guild.get("name")): gone for guild in guilds if (gone := _lacks(guild))}
    if not lacking:
        return fine("Discord", f"as {name}, in {len(guilds)} server{'s' if len(guilds) > 1 else ''}")
    named = "; ".join(f"{server}: {', '.join(gone)}" for server, gone in list(lacking.items())[:_SERVERS_NAMED])
    if len(lacking) > _SERVERS_NAMED:
        named += f"; and {len(lacking) - _SERVERS_NAMED} more"
    return warning("Discord", f"as {name}, without permissions in {named}", f"give its role these, or use {invite}")


def _lacks(guild: dict[str, Any]) -> tuple[str, ...]:
    try:
        return lacks(int(guild.get("permissions") or 0))
    except ValueError:
        return ()


def _application(application: dict[str, Any]) -> list[Finding]:
    """The finding about those settings of the application that matter to the bot."""
    findings: list[Finding] = []
    if application.get("interactions_endpoint_url"):
        remedy = "empty “Interactions Endpoint URL” under “General Information”: the bot hears commands by the gateway"
        findings.append(wrong("Discord app", "commands are sent to an address, and not to the bot", remedy))
    flags = int(application.get("flags") or 0)
    if asked := [name for bit, name in _PRIVILEGED.items() if flags & bit]:
        remedy = "switch it off under “Bot”: Neverdark reads nobody's messages, members or presence"
        findings.append(
            warning("Discord app", f"has privileged intents that nothing needs ({', '.join(asked)})", remedy)
        )
    return findings


def _starts(gateway: Any) -> list[Finding]:
    """The finding about the connections that the bot has left today."""
    limit = gateway.get("session_start_limit") if isinstance(gateway, dict) else None
    if not isinstance(limit, dict):
        return []
    remaining, total = int(limit.get("remaining") or 0), limit.get("total")
    if remaining >= _STARTS_LEAST:
        return []
    hours = int(limit.get("reset_after") or 0) / 3_600_000
    return [
        warning(
            "Discord starts",
            f"{remaining} of {total} connections are left, new ones in {hours:.0f} h",
            "look why the bot connects so often: at zero Discord takes its token away",
        )
    ]


def _commands(shown: Any) -> list[Finding]:
    """The finding about published commands: the bot publishes them when it starts."""
    if not isinstance(shown, list):
        return []
    names = _named(shown)
    if "video" in names:
        return [fine("Discord shows", ", ".join(f"/{name}" for name in sorted(names)))]
    return [warning("Discord shows", "no command /video", "start `neverdark discord`: it publishes its commands then")]


def _named(shown: Iterable[Any]) -> set[str]:
    return {str(each.get("name")) for each in shown if isinstance(each, dict) and each.get("type", 1) == 1}
