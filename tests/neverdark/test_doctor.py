"""The doctor before prepared faults: it names each, says what to do, and ends with the exit code that means it."""

import contextlib
import fnmatch
import http.server
import json
import os
import select
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
import redis

from bots.discord.people.permissions import NEEDED
from bots.discord.settings import DiscordSettings
from bots.slack.settings import SlackSettings
from core.settings import Settings, settings
from core.trace_settings import TraceSettings
from neverdark.doctor import Verdict, examine, exit_code
from neverdark.doctor.findings import Finding, made
from tests.quick import some
from web.oidc_settings import OidcSettings

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox: vendors and chats that nobody of us wrote for this test."""
    line = [sys.executable, "-m", "sandbox", "--port=0", f"--home={tmp_path_factory.mktemp('sandbox')}"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        yield next(word.rstrip("/.") for word in said.split() if word.startswith("http://"))
        process.terminate()


@contextmanager
def relayed(url: str, said: dict[bytes, bytes]) -> Iterator[str]:
    """The address of a server that is another one, but for some words in what it says.

    Args:
        url: the other one's, of Postgres or Redis.
        said: words, and what is said in their place, of the same length.
    """
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host", [None])[0]
    is_redis = parts.scheme in {"redis", "unix"}
    there: str | tuple[str, int]
    if parts.scheme == "unix":
        there = parts.path
    elif folder is not None:
        there = f"{folder}/.s.PGSQL.{parts.port or 5432}"
    else:
        there = (parts.hostname or "127.0.0.1", parts.port or (6379 if is_redis else 5432))

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX if isinstance(there, str) else socket.AF_INET) as theirs:
                theirs.connect(there)
                while True:
                    for one in select.select([self.request, theirs], [], [])[0]:
                        data = one.recv(1 << 20)
                        if not data:
                            return
                        for word, instead in said.items() if one is theirs else ():
                            data = data.replace(word, instead)
                        (self.request if one is theirs else theirs).sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        login = parts.netloc.rpartition("@")[0]
        at = f"{login}@" if login else ""
        at += f"127.0.0.1:{server.server_address[1]}"
        yield f"redis://{at}/0" if is_redis else f"postgresql://{at}{parts.path}"
        server.shutdown()


class Stranger(http.server.BaseHTTPRequestHandler):
    """A server that answers each path with what it is told."""

    says: dict[str, tuple[int, str, dict[str, str]]]

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        asked = (f"{self.command} {path}", path)
        status, body, headers = next(
            (told for at, told in self.says.items() for one in asked if fnmatch.fnmatchcase(one, at)), (404, "", {})
        )
        self.send_response(status)
        for name, value in {"content-length": str(len(body.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = _answer  # noqa: N815 - http.server's names
    do_POST = _answer  # noqa: N815 - http.server's names
    do_PUT = _answer  # noqa: N815 - http.server's names
    do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Nothing."""


Serve = Callable[[dict[str, tuple[int, str, dict[str, str]]]], str]


@pytest.fixture
def stranger() -> Iterator[Serve]:
    """Starts such a server and gives its address."""
    servers = []

    def serve(says: dict[str, tuple[int, str, dict[str, str]]]) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Told", (Stranger,), {"says": says}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One that is prepared, and what is to be said of it.

    Args:
        sets: settings; `{sandbox}` and `{stranger}` stand for addresses.
        unsets: settings that are taken away.
        sql, undo: what an administrator does to the database, and how what it does to others is undone.
        redis: a command for Redis, and the one that undoes it.
        clock_off_s: how wrong this machine's clock is.
        served: what the stranger answers; `/*` at the end of a path is everything below it.
        relayed: a setting whose server says other words than it does.
        lacks: a module that is not installed.
        about, verdict, says, remedy: of the finding, the last two in part.
        code: of the whole examination.
    """

    name: str
    sets: dict[str, str] = field(default_factory=dict)
    unsets: tuple[str, ...] = ()
    sql: str | None = None
    undo: str | None = None
    redis: tuple[str, str] | None = None
    clock_off_s: float = 0.0
    served: dict[str, tuple[int, str, dict[str, str]]] = field(default_factory=dict)
    relayed: tuple[str, dict[bytes, bytes]] | None = None
    lacks: str | None = None
    about: str
    verdict: Verdict = Verdict.WRONG
    says: str
    remedy: str
    code: int = 1


def _slack(scopes: str) -> dict[str, tuple[int, str, dict[str, str]]]:
    me = json.dumps({"ok": True, "team": "Acme", "user": "neverdark"})
    return {"/auth.test": (200, me, {"x-oauth-scopes": scopes}), "/apps.connections.open": (200, '{"ok": true}', {})}


def _discord(guilds: object, **application: object) -> dict[str, tuple[int, str, dict[str, str]]]:
    me = json.dumps({"id": "42", "username": "neverdark"})
    return {
        "/users/@me": (200, me, {}),
        "/oauth2/applications/@me": (200, json.dumps({"id": "77"} | application), {}),
        "/users/@me/guilds": (200, json.dumps(guilds), {}),
    }


STORED = {"etag": '"1"', "last-modified": "Mon, 30 Nov 2026 12:00:00 GMT"}
S3 = {
    "STORAGE_URL": "s3://clips", "AWS_ENDPOINT": "{stranger}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "ours", "AWS_SECRET_ACCESS_KEY": "shh",
}  # fmt: skip
OURS: dict[str, tuple[int, str, dict[str, str]]] = {"/healthz": (200, "ok\n", {})}
LOGIN = {"OPERATOR_OIDC_CLIENT_ID": "neverdark", "OPERATOR_OIDC_EMAILS": "@example.org"}

FAULTS = [
    Fault(
        name="no Postgres", sets={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        about="Postgres", says="", remedy="DATABASE_URL",
    ),
    Fault(
        name="an old Postgres", relayed=("DATABASE_URL", {b"server_version\x0018.": b"server_version\x0014."}),
        about="Postgres", says="is too old", remedy="15 or newer",
    ),
    Fault(
        name="no owner", sets={"DATABASE_OWNER_URL": "postgresql://nobody@127.0.0.1:1/none"},
        about="owner", verdict=Verdict.WARNING, says="", remedy="DATABASE_OWNER_URL", code=0,
    ),
    Fault(
        name="a wrong row in the ledger",
        sql="ALTER TABLE entry DISABLE TRIGGER entry_is_append_only;"
        "SELECT ensure_member('slack', 'T1', 'ana', 500, interval '1 month');"
        "UPDATE entry SET balance_after = 99 WHERE seq = (SELECT max(seq) FROM entry)",
        about="ledger", says="running balance jumps", remedy="docs/operations.md",
    ),
    Fault(
        name="no worker",
        about="workers", verdict=Verdict.WARNING, says="none is alive", remedy="neverdark worker", code=0,
    ),
    Fault(
        name="no DATABASE_URL", unsets=("DATABASE_URL",),
        about="Postgres", says="no address is set", remedy="set DATABASE_URL", code=2,
    ),
    Fault(
        name="a missing migration",
        sql="DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)",
        about="migrations", says="1 to be applied", remedy="run `neverdark migrate`",
    ),
    Fault(
        name="too many rights", sql="ALTER ROLE neverdark_app SUPERUSER", undo="ALTER ROLE neverdark_app NOSUPERUSER",
        about="rights", verdict=Verdict.WARNING, says="it is a superuser", remedy="`neverdark migrate` says", code=0,
    ),
    Fault(
        name="too few rights",
        sql="REVOKE UPDATE ON generations FROM neverdark_app; REVOKE SELECT ON wallet FROM neverdark_app",
        about="rights", says="may not do what it has to with generations, wallet", remedy="run `neverdark migrate`",
    ),
    Fault(
        name="a database that is read only",
        sql="ALTER ROLE neverdark_app SET default_transaction_read_only = on",
        undo="ALTER ROLE neverdark_app RESET default_transaction_read_only",
        about="Postgres", says="it can be read only", remedy="primary",
    ),
    Fault(
        name="a clock by which Slack's requests are refused", clock_off_s=400,
        about="Slack", says="off Slack's", remedy="NTP",
    ),
    Fault(
        name="a wrong clock", clock_off_s=-90,
        about="clock", says="90 s apart", remedy="NTP",
    ),
    Fault(
        name="a clock a little off", clock_off_s=5,
        about="clock", verdict=Verdict.WARNING, says="5 s apart", remedy="NTP", code=0,
    ),
    Fault(
        name="no Redis", sets={"REDIS_URL": "redis://127.0.0.1:1/0"},
        about="Redis", says="", remedy="REDIS_URL",
    ),
    Fault(
        name="an old Redis",
        relayed=("REDIS_URL", {b"valkey_version": b"nobody_version", b"redis_version:7": b"redis_version:5"}),
        about="Redis", says="is too old", remedy="6.2 or newer",
    ),
    Fault(
        name="no REDIS_URL", unsets=("REDIS_URL",),
        about="Redis", says="no address is set", remedy="set REDIS_URL", code=2,
    ),
    Fault(
        name="a Redis that evicts", redis=("allkeys-lru", "noeviction"),
        about="Redis", verdict=Verdict.WARNING, says="may throw hints away", remedy="noeviction", code=0,
    ),
    Fault(
        name="a storage that cannot be written", sets={"STORAGE_URL": "file:///proc/nowhere"},
        about="storage", says="", remedy="STORAGE_URL",
    ),
    Fault(
        name="a storage that takes nothing", sets=S3, served={"/clips/doctor/*": (403, "", {})},
        about="storage", says="cannot be written", remedy="STORAGE_URL",
    ),
    Fault(
        name="a storage that takes and does not give", sets=S3,
        served={"GET /clips/doctor/*": (403, "", {}), "/clips/doctor/*": (200, "", STORED)},
        about="storage", says="cannot be read", remedy="STORAGE_URL",
    ),
    Fault(
        name="a storage that gives nothing", sets=S3,
        served={"GET /clips/doctor/*": (404, "", {}), "/clips/doctor/*": (200, "", STORED)},
        about="storage", says="cannot be read", remedy="STORAGE_URL",
    ),
    Fault(
        name="a storage that gives something else", sets=S3,
        served={"/clips/doctor/*": (200, "<html>Welcome", STORED)},
        about="storage", says="gives back other bytes", remedy="proxy",
    ),
    Fault(
        name="a storage that keeps everything", sets=S3,
        served={"DELETE /clips/doctor/*": (403, "", {}), "/clips/doctor/*": (200, "neverdark", STORED),
                "POST /clips": (403, "", {})},
        about="storage", verdict=Verdict.WARNING, says="nothing can be removed", remedy="has to go", code=0,
    ),
    Fault(
        name="a full disk", sets={"NEVERDARK_HOME": "/proc/self", "STORAGE_URL": "file://{tmp}"},
        about="disk", says="has 0.0 GiB left", remedy="NEVERDARK_HOME",
    ),
    Fault(
        name="no LINK_SECRET", sets={"PUBLIC_URL": "{stranger}"}, served={"/healthz": (200, "ok\n", {})},
        about="address", says="LINK_SECRET is not set", remedy="openssl rand", code=2,
    ),
    Fault(
        name="an address that leads elsewhere", sets={"PUBLIC_URL": "{stranger}", "LINK_SECRET": "x" * 32},
        served={"/healthz": (200, "<html>Welcome", {})},
        about="address", says="leads to something else", remedy="proxy",
    ),
    Fault(
        name="a web process with another LINK_SECRET", sets={"PUBLIC_URL": "{stranger}", "LINK_SECRET": "x" * 32},
        served=OURS,
        about="address", says="has another LINK_SECRET", remedy="the same one",
    ),
    Fault(
        name="a proxy that lets no vendor through", sets={"PUBLIC_URL": "{stranger}", "LINK_SECRET": "x" * 32},
        served=OURS | {"/callbacks/doctor/*": (403, "", {})},
        about="address", says="is answered with 403", remedy="/callbacks/",
    ),
    Fault(
        name="an address at which nobody is",
        sets={"PUBLIC_URL": "http://video.example.invalid", "LINK_SECRET": "x" * 32},
        about="address", says="", remedy="WEB_PORT",
    ),
    Fault(
        name="an address without a certificate",
        sets={"PUBLIC_URL": "http://video.example.invalid", "LINK_SECRET": "x" * 32},
        about="address", verdict=Verdict.WARNING, says="is not encrypted", remedy="certificate",
    ),
    Fault(
        name="Slack's bot token is refused", sets={"SLACK_BOT_TOKEN": "xoxb-wrong"},
        about="Slack", says="SLACK_BOT_TOKEN is refused (invalid_auth)", remedy="Bot User OAuth Token",
    ),
    Fault(
        name="Slack's app token is refused", sets={"SLACK_APP_TOKEN": "xapp-wrong"},
        about="Slack app", says="SLACK_APP_TOKEN is refused", remedy="connections:write",
    ),
    Fault(
        name="Slack without a way in", unsets=("SLACK_APP_TOKEN",),
        about="chats", says="no way to reach us", remedy="SLACK_SIGNING_SECRET", code=2,
    ),
    Fault(
        name="Slack without the bot token", unsets=("SLACK_BOT_TOKEN",),
        about="chats", says="no bot token", remedy="set SLACK_BOT_TOKEN", code=2,
    ),
    Fault(
        name="a scope of Slack is missing", sets={"SLACK_BASE_URL": "{stranger}"}, served=_slack("commands,chat:write"),
        about="Slack", says="without", remedy="`neverdark slack manifest`",
    ),
    Fault(
        name="Slack posts to an address with another secret", unsets=("SLACK_APP_TOKEN",),
        sets={"SLACK_SIGNING_SECRET": "ours", "PUBLIC_URL": "{stranger}", "LINK_SECRET": "x" * 32},
        served={"/healthz": (200, "ok\n", {}), "/slack/events": (401, "", {})},
        about="Slack", says="takes another signing secret", remedy="SLACK_SIGNING_SECRET",
    ),
    Fault(
        name="Slack posts to an address that is none", unsets=("SLACK_APP_TOKEN",),
        sets={"SLACK_SIGNING_SECRET": "ours", "PUBLIC_URL": "{stranger}", "LINK_SECRET": "x" * 32},
        served={"/healthz": (200, "ok\n", {}), "/slack/events": (404, "", {})},
        about="Slack", says="is answered with 404", remedy="proxy",
    ),
    Fault(
        name="many workspaces, and a setting is missing",
        sets={"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "shh", "SLACK_SIGNING_SECRET": "ours"},
        about="chats", says="lacks a setting", remedy="SLACK_TOKEN_KEY is not set", code=2,
    ),
    Fault(
        name="Discord's token is refused", sets={"DISCORD_TOKEN": "wrong"},
        about="Discord", says="DISCORD_TOKEN is refused (401)", remedy="under “Bot”",
    ),
    Fault(
        name="Discord without a permission", sets={"DISCORD_API_URL": "{stranger}"},
        served=_discord([{"name": "Acme", "permissions": str(NEEDED.value & ~(1 << 35))}]),
        about="Discord", verdict=Verdict.WARNING, says="Acme: Create Public Threads", remedy="client_id=77", code=0,
    ),
    Fault(
        name="Discord in no server", sets={"DISCORD_API_URL": "{stranger}"}, served=_discord([]),
        about="Discord", verdict=Verdict.WARNING, says="in no server", remedy="client_id=77", code=0,
    ),
    Fault(
        name="Discord sends commands elsewhere", sets={"DISCORD_API_URL": "{stranger}"},
        served=_discord([], interactions_endpoint_url="https://example.org"),
        about="Discord app", says="sent to an address", remedy="Interactions Endpoint URL", code=1,
    ),
    Fault(
        name="Discord with an intent too many", sets={"DISCORD_API_URL": "{stranger}"},
        served=_discord([], flags=1 << 19),
        about="Discord app", verdict=Verdict.WARNING, says="message content", remedy="switch it off", code=0,
    ),
    Fault(
        name="Discord shows no command", sets={"DISCORD_API_URL": "{stranger}"},
        served=_discord([]) | {"/applications/77/commands": (200, "[]", {})},
        about="Discord shows", verdict=Verdict.WARNING, says="no command /video", remedy="neverdark discord", code=0,
    ),
    Fault(
        name="Discord has few connections left", sets={"DISCORD_API_URL": "{stranger}"},
        served=_discord([]) | {"/gateway/bot": (200, json.dumps(
            {"session_start_limit": {"total": 1000, "remaining": 3, "reset_after": 7_200_000}}), {})},
        about="Discord starts", verdict=Verdict.WARNING, says="3 of 1000", remedy="connects so often", code=0,
    ),
    Fault(
        name="neither chat", unsets=("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_TOKEN"),
        about="chats", verdict=Verdict.WARNING, says="neither", remedy="DISCORD_TOKEN", code=0,
    ),
    Fault(
        name="a login provider without a client", sets={"OPERATOR_OIDC_ISSUER": "{stranger}"},
        about="login", says="OPERATOR_OIDC_CLIENT_ID is not set", remedy="docs/settings.md", code=2,
    ),
    Fault(
        name="a login provider that sends people nowhere", sets={"OPERATOR_OIDC_ISSUER": "{stranger}", **LOGIN},
        about="login", says="PUBLIC_URL is not set", remedy="neverdark web", code=2,
    ),
    Fault(
        name="a login provider that is none",
        sets={"OPERATOR_OIDC_ISSUER": "{stranger}", "PUBLIC_URL": "{stranger}", **LOGIN}, served=OURS,
        about="login", verdict=Verdict.WARNING, says="no login provider", remedy="OPERATOR_OIDC_ISSUER", code=2,
    ),
    Fault(
        name="a login provider that is away",
        sets={"OPERATOR_OIDC_ISSUER": "http://127.0.0.1:1", "PUBLIC_URL": "{stranger}", **LOGIN}, served=OURS,
        about="login", verdict=Verdict.WARNING, says="does not answer", remedy="OPERATOR_TOKEN", code=2,
    ),
    Fault(
        name="traces without what sends them", sets={"OTEL_EXPORTER_OTLP_ENDPOINT": "{stranger}"}, lacks="core.otlp",
        about="traces", verdict=Verdict.WARNING, says="is not installed", remedy="neverdark[otel]", code=0,
    ),
    Fault(
        name="a collector that is away", sets={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        about="traces", verdict=Verdict.WARNING, says="is not reached", remedy="4318", code=0,
    ),
    Fault(
        name="a collector that is none", sets={"OTEL_EXPORTER_OTLP_ENDPOINT": "{stranger}"},
        about="traces", verdict=Verdict.WARNING, says="answered with 404", remedy="OTLP", code=0,
    ),
    Fault(
        name="a collector that wants a key", sets={"OTEL_EXPORTER_OTLP_ENDPOINT": "{stranger}"},
        served={"/v1/traces": (401, "", {})},
        about="traces", verdict=Verdict.WARNING, says="refuses us", remedy="OTEL_EXPORTER_OTLP_HEADERS", code=0,
    ),
    Fault(
        name="a share of traces that is none", sets={"OTEL_TRACES_SAMPLER_ARG": "many"},
        about="traces", says="OTEL_TRACES_SAMPLER_ARG wants", remedy="docs/settings.md", code=2,
    ),
    Fault(
        name="no help with descriptions", sets={"PROMPT_HELP_URL": "http://127.0.0.1:1/v1"},
        about="prompt help", verdict=Verdict.WARNING, says="is not reached", remedy="PROMPT_HELP_URL", code=0,
    ),
    Fault(
        name="help with descriptions that refuses the key",
        sets={"PROMPT_HELP_URL": "{stranger}/v1", "PROMPT_HELP_KEY": "bad-key-of-mine"},
        served={"/v1/models": (401, "", {})},
        about="prompt help", verdict=Verdict.WARNING, says="refuses our key", remedy="PROMPT_HELP_KEY", code=0,
    ),
    Fault(
        name="help with descriptions by a model that is gone",
        sets={"PROMPT_HELP_URL": "{stranger}/v1", "PROMPT_HELP_MODEL": "old"},
        served={"/v1/models": (200, '{"data": [{"id": "new"}]}', {})},
        about="prompt help", verdict=Verdict.WARNING, says="has no model old", remedy="new", code=0,
    ),
    Fault(
        name="free credits that pay no video", sets={"FREE_CREDITS": "10"},
        about="free credits", verdict=Verdict.WARNING, says="it is refused", remedy="FREE_CREDITS", code=0,
    ),
    Fault(
        name="a vendor's key is refused", sets={"KLING_API_KEY": "bad-key-of-mine"},
        about="kling.api", says="the key was refused", remedy="KLING_API_KEY",
    ),
    Fault(
        name="no money at a vendor", sets={"SEEDANCE_ARK_KEY": "poor-key", "SEEDANCE_ARK_BASE_URL": "{stranger}"},
        served={"/contents/generations/tasks": (429, '{"error": {"code": "AccountOverdueError", "message": "x"}}', {})},
        about="seedance.ark", says="used up", remedy="top up",
    ),
    Fault(
        name="a vendor that is away", sets={"KLING_API_BASE_URL": "http://127.0.0.1:1"},
        about="kling.api", verdict=Verdict.WARNING, says="", remedy="neverdark providers check kling.api", code=0,
    ),
    Fault(
        name="no provider at all", unsets=("KLING_API_KEY",),
        about="vendors", says="no provider at all", remedy="KLING_API_KEY", code=2,
    ),
    Fault(
        name="a model that ends",
        sets={
            "VEO_GEMINI_API_KEY": "a-key", "VEO_GEMINI_BASE_URL": "{sandbox}/vendors/google",
            "VEO_OMNI_MODEL": "gemini-omni-1.1-flash",
        },
        about="veo", verdict=Verdict.WARNING, says="of veo.omni end", remedy="VEO_OMNI_MODEL", code=0,
    ),
]  # fmt: skip

UNKNOWN_CODE = {"an address without a certificate", "an address at which nobody is"}
"""What the network says of a host that is nowhere depends on the network."""


@pytest.fixture
def sound(
    administrator: asyncpg.Connection, database: str, redis_url: str, sandbox: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:  # fmt: skip
    """The settings of an installation that lacks nothing but a public address.

    The administrator comes first: it logs in as DATABASE_URL says, which is the product's from here on.
    """
    values = {
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "NEVERDARK_HOME": str(tmp_path),
        "KLING_API_KEY": "a-key",
        "KLING_API_BASE_URL": f"{sandbox}/vendors/kling",
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_APP_TOKEN": "xapp-sandbox",
        "SLACK_BASE_URL": f"{sandbox}/slack/api/",
        "DISCORD_TOKEN": "sandbox-discord-token",
        "DISCORD_API_URL": f"{sandbox}/discord/api/v10",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


async def test_a_sound_installation_has_nothing_wrong(sound: dict[str, str]) -> None:
    findings = await examine(settings())
    assert [found for found in findings if found.verdict is Verdict.WRONG] == []
    assert exit_code(findings) == 0
    fine = {found.about for found in findings if found.verdict is Verdict.FINE}
    asked = ("Postgres", "migrations", "ledger", "rights", "clock", "Redis", "storage", "disk", "chats", "Slack app")
    assert {*asked, "Discord", "kling", "kling.api"} <= fine


async def test_what_an_operator_may_add_is_fine_where_it_is_there(
    sound: dict[str, str], stranger: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: dict[str, tuple[int, str, dict[str, str]]] = {
        "/v1/traces": (200, "", {}),
        "/v1/models": (200, '{"data": [{"id": "gpt-4o-mini"}]}', {}),
    }
    at = stranger(served)
    ends = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{at}/there")
    served["/.well-known/openid-configuration"] = (200, json.dumps({"issuer": at, **ends}), {})
    added = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": at, "PROMPT_HELP_URL": f"{at}/v1",
        "OPERATOR_OIDC_ISSUER": at, "PUBLIC_URL": at, **LOGIN,
    }  # fmt: skip
    for name, value in added.items():
        monkeypatch.setenv(name, value)
    findings = await examine(settings())
    said = {found.about: found for found in findings}
    assert {name: said[name].verdict for name in ("traces", "prompt help", "login")} == dict.fromkeys(
        ("traces", "prompt help", "login"), Verdict.FINE
    ), findings


@pytest.mark.parametrize("fault", some(FAULTS, of="doctor"), ids=lambda fault: fault.name)
async def test_a_prepared_fault_is_found(
    sound: dict[str, str], fault: Fault, sandbox: str, stranger: Serve, tmp_path: Path,
    administrator: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    at = {"sandbox": sandbox, "stranger": stranger(fault.served), "tmp": str(tmp_path)}
    for name, value in fault.sets.items():
        monkeypatch.setenv(name, value.format(**at))
    for name in fault.unsets:
        monkeypatch.delenv(name)
    if fault.lacks is not None:
        monkeypatch.setitem(sys.modules, fault.lacks, None)
    through = contextlib.ExitStack()
    if fault.relayed is not None:
        name, words = fault.relayed
        monkeypatch.setenv(name, through.enter_context(relayed(sound[name], words)))
    try:
        if fault.sql is not None:
            await administrator.execute(fault.sql)
        if fault.redis is not None:
            with redis.Redis.from_url(sound["REDIS_URL"]) as client:
                client.config_set("maxmemory-policy", fault.redis[0])
        findings = await examine(settings(), clock=lambda: datetime.now(UTC) + timedelta(seconds=fault.clock_off_s))
    finally:
        through.close()
        if fault.undo is not None:
            await administrator.execute(fault.undo)
        if fault.redis is not None:
            with redis.Redis.from_url(sound["REDIS_URL"]) as client:
                client.config_set("maxmemory-policy", fault.redis[1])
    told = [found for found in findings if (found.about, found.verdict) == (fault.about, fault.verdict)]
    assert told, findings
    assert any(fault.says in found.says and fault.remedy in (found.remedy or "") for found in told), told
    if fault.name not in UNKNOWN_CODE:
        assert exit_code(findings) == fault.code, findings
    for found in findings:
        assert found.verdict is Verdict.FINE or found.remedy, f"{found} does not say what to do"
        assert "of-the-product" not in found.line, "a password is shown"
        assert "bad-key-of-mine" not in found.line, "a key is shown"


def _expired() -> httpx.ConnectError:
    why = ssl.SSLCertVerificationError("certificate has expired")
    why.verify_code = 10
    error = httpx.ConnectError(str(why))
    error.__cause__ = why
    return error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (redis.AuthenticationError("invalid username-password pair"), "password into REDIS_URL"),
        (asyncpg.InvalidPasswordError("password authentication failed"), "password into DATABASE_URL"),
        (asyncpg.InvalidAuthorizationSpecificationError('role "x" does not exist'), "password into DATABASE_URL"),
        (asyncpg.TooManyConnectionsError("too many clients already"), "max_connections"),
        (_expired(), "renew the certificate"),
        (OSError("no route to host"), "look there"),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, Exception) else "",
)
async def test_an_error_that_says_what_is_wrong_has_a_remedy_of_its_own(error: Exception, remedy: str) -> None:
    async def check() -> Finding:
        raise error

    (found,) = await made("it", check, remedy="look there")
    assert remedy in (found.remedy or "")


def test_a_setting_that_cannot_be_read_is_a_finding_in_json(sound: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "neverdark", "doctor", "--json"],
        env={**os.environ, **sound, "LINK_SECRET": "short"}, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["about"], found["verdict"]) == ("settings", "wrong")
    assert "LINK_SECRET" in found["says"]


def test_it_prints_json_and_ends_with_its_code(sound: dict[str, str]) -> None:
    environment = {**os.environ, **sound, "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run(
        [sys.executable, "-m", "neverdark", "doctor", "--json", "--offline"],
        env=environment, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    findings = {found["about"]: found for found in json.loads(done.stdout)}
    assert findings["Redis"]["verdict"] == "wrong"
    assert "REDIS_URL" in findings["Redis"]["remedy"]
    assert "Slack" not in findings, "offline asks nobody"


def test_every_address_that_can_be_set_is_looked_at() -> None:
    """A new setting with an address of somebody else's has a fault in the table, or a reason why it has none."""
    groups = (Settings, TraceSettings, OidcSettings, SlackSettings, DiscordSettings)
    addresses = {
        name.upper() for group in groups for name in group.model_fields if name.endswith(("url", "endpoint", "issuer"))
    }
    not_asked = {
        "TOPUP_URL": "a page for people",
        "DISCORD_GATEWAY_URL": "Discord names it itself; only the sandbox sets it",
    }
    assert addresses == {name for fault in FAULTS for name in fault.sets if name in addresses} | set(not_asked)
