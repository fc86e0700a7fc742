"""Every check of the doctor, in the order in which a person would mend things."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bots.discord.settings import settings as discord_settings
from bots.slack.settings import settings as slack_settings
from core.settings import Settings
from neverdark.doctor import chats, discord, extras, servers, slack
from neverdark.doctor.address import address
from neverdark.doctor.findings import Finding, Verdict, made, unset
from neverdark.doctor.vendors import vendors

_DATABASE = "see that the server runs, and that DATABASE_URL leads to it"
_OWNER = "only `neverdark migrate` needs it: let DATABASE_OWNER_URL lead to the server, as who may change the schema"
_REDIS = "see that the server runs, and that REDIS_URL leads to it"
_STORAGE = "see that STORAGE_URL is right, and that this machine may write there"
_SETTING = "docs/settings.md says what each setting wants"
_NETWORK = "look at the network of this machine"


async def examine(
    settings: Settings, *, outside: bool = True, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Finding]:
    """Run every check in turn; one that fails does not stop the others.

    Args:
        outside: whether the vendors, the chats and our public address are called, too.
        clock: gives this machine's time.
    """
    database = settings.database_url.get_secret_value() if settings.database_url else None
    queue = settings.redis_url.get_secret_value() if settings.redis_url else None
    findings: list[Finding] = []
    for about, check in (
        ("Postgres", servers.postgres),
        ("migrations", servers.migrations),
        ("workers", servers.working),
        ("ledger", servers.ledger),
        ("rights", servers.rights),
        ("clock", lambda url: servers.clock(url, clock)),
    ):
        findings += await _at(about, database, "DATABASE_URL", check, _DATABASE)
    if (owner := settings.database_owner_url) is not None:
        findings += await made(
            "owner", lambda: servers.owner(owner.get_secret_value()), remedy=_OWNER, verdict=Verdict.WARNING
        )
    findings += await _at("Redis", queue, "REDIS_URL", servers.hints, _REDIS)
    findings += await made("storage", lambda: servers.storage(settings.storage), remedy=_STORAGE)
    findings += await made(
        "disk", lambda: asyncio.to_thread(servers.disk, settings.neverdark_home), remedy="look at NEVERDARK_HOME"
    )
    findings += await made("address", lambda: address(settings, outside=outside), remedy=_NETWORK)
    findings += await made("login", lambda: extras.login(settings, outside=outside), remedy=_SETTING)
    findings += await made("traces", lambda: extras.traces(outside=outside), remedy=_SETTING)
    findings.append(chats.configured())
    if outside:
        findings += await made("prompt help", lambda: extras.prompt_help(settings), remedy=_NETWORK)
        for name, asked in (
            ("Slack", lambda: slack.slack(slack_settings(), settings, clock=clock)),
            ("Discord", lambda: discord.discord(discord_settings())),
        ):
            findings += await made(name, asked, remedy=_NETWORK, verdict=Verdict.WARNING)
    return [*findings, *await vendors(clock(), settings, outside=outside)]


async def _at(
    about: str, url: str | None, variable: str, check: Callable[[str], Awaitable[Finding]], remedy: str
) -> list[Finding]:
    if url is None:
        return [unset(about, "no address is set, and no `neverdark up` runs here", f"set {variable}")]
    return await made(about, lambda: check(url), remedy=remedy)
