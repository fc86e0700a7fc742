"""Decides which processes `up` starts, and with which environment.

Servers that are not configured are embedded; platforms and vendors that are not configured are replaced by the sandbox.
The supervisor runs the processes. The sentences about these decisions are here, too.
"""

import asyncio
import http.client
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from bots.registry import PLATFORMS
from core.domain.ids import RouteKey
from core.providers import registry
from core.settings import Settings, key_variables, route_prefix
from neverdark import embedded
from neverdark.process import Command
from neverdark.roles import APP
from neverdark.service import ServiceSpec
from neverdark.state import Home

SANDBOX_START_S = 120
"""A machine that has much else to do takes long; one that is broken says so at once."""
SANDBOX_SPEED = 15
SANDBOX_CREDITS = 10_000

_VENDORS = {
    "veo.vertex": "google",
    "kling.api": "kling",
    "seedance.ark": "ark/api/v3",
    "hailuo.api": "minimax",
    "wan.dashscope": "dashscope/api/v1",
}
"""One route of each vendor, with the path of its stand-in in the sandbox and that of its base URL."""

_VIDEO_VENDORS = "the video vendors"
"""Stands for all of them in the sentence about the sandbox."""

_STOP_S = {**{str(name): platform.stop_s for name, platform in PLATFORMS.items()}, "worker": 40.0, "web": 10.0}
"""Seconds that a process may take to end. A worker finishes its present work within 25 s, and signs off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One installation as `up` runs it.

    Args:
        specs: the services, in the order of their start.
        said: sentences about what is embedded or replaced.
        absent: by name, the reason why a process is not among the services.
        database_url, redis_url: the addresses of the servers, embedded or not.
        owner_url: the database with the role that may change its schema; our processes do not get it.
        given: the settings that our processes get besides the environment's.
    """

    specs: tuple[ServiceSpec, ...]
    said: tuple[str, ...]
    absent: Mapping[str, str]
    address: str
    database_url: str
    owner_url: str = field(repr=False)
    redis_url: str
    given: Mapping[str, str] = field(repr=False)


def stack(settings: Settings, home: Home, values: Mapping[str, str], *, coloured: bool) -> Stack:
    """Decide what runs. `values`: all settings of the environment and `.env`."""
    port = settings.neverdark_port
    servers = _servers(settings, home)
    stand_ins = _stand_ins(values, port)
    given = _given(settings, home, values, servers, stand_ins)
    specs, said, absent = [*servers.specs], [*servers.said], {**servers.absent}
    if stand_ins:
        specs.append(_sandbox(home, port=port, factor=given.get("TIME_SCALE", str(SANDBOX_SPEED))))
        said.append(
            f"The sandbox stands in for {_listed(list(stand_ins))}; .env.example says what to set for real ones."
        )
    else:
        absent["sandbox"] = "There is no sandbox in this `up`: vendors and chats are configured."
    terminal = {"PYTHONUNBUFFERED": "1", **({"FORCE_COLOR": "1"} if coloured else {})}
    why_not = {str(name): platform.no_process(values) for name, platform in PLATFORMS.items()}
    absent |= {name: why for name, why in why_not.items() if why is not None}
    ours = [*(name for name, why in why_not.items() if why is None), "worker", "web"]
    logs_ready = settings.log_level in {"DEBUG", "INFO"}
    specs += [_ours(name, terminal | given, f"{name}.ready" if logs_ready else None) for name in ours]
    return Stack(
        specs=tuple(specs),
        said=tuple(said),
        absent=absent,
        address=f"http://127.0.0.1:{port}",
        database_url=servers.database_url,
        owner_url=servers.owner_url,
        redis_url=servers.redis_url,
        given=given,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Servers:
    """Postgres and Redis, embedded or not; the fields are those of `Stack`."""

    specs: tuple[ServiceSpec, ...]
    said: tuple[str, ...]
    absent: Mapping[str, str]
    database_url: str = field(repr=False)
    owner_url: str = field(repr=False)
    redis_url: str = field(repr=False)


def _servers(settings: Settings, home: Home) -> _Servers:
    specs: list[ServiceSpec] = []
    said: list[str] = []
    absent: dict[str, str] = {}
    if settings.database_url is None:
        specs.append(_postgres(home))
        database_url = embedded.postgres_url(home, user=APP)
        owner_url = embedded.postgres_url(home)
        said.append("Postgres is embedded; DATABASE_URL names one of your own.")
    else:
        database_url = settings.database_url.get_secret_value()
        owner_url = settings.owner_url or database_url
        absent["postgres"] = "Postgres is not run by this `up`: DATABASE_URL names another."
    if settings.redis_url is None:
        specs.append(_redis(home))
        redis_url = embedded.valkey_url(home)
        said.append("Redis is an embedded Valkey; REDIS_URL names one of your own.")
    else:
        redis_url = settings.redis_url.get_secret_value()
        absent["redis"] = "Redis is not run by this `up`: REDIS_URL names another."
    return _Servers(
        specs=tuple(specs),
        said=tuple(said),
        absent=absent,
        database_url=database_url,
        owner_url=owner_url,
        redis_url=redis_url,
    )


def _given(
    settings: Settings,
    home: Home,
    values: Mapping[str, str],
    servers: _Servers,
    stand_ins: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """The settings that our processes get besides the environment's."""
    web_port = settings.web_listens_at
    given = {
        "NEVERDARK_HOME": str(home.path),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "WEB_PORT": str(web_port),
        "LINK_SECRET": values.get("LINK_SECRET") or _link_secret(home),
    }
    for variables in stand_ins.values():
        given |= variables
    if _VIDEO_VENDORS in stand_ins:
        given |= {
            "PUBLIC_URL": values.get("PUBLIC_URL", f"http://127.0.0.1:{web_port}"),
            "TIME_SCALE": values.get("TIME_SCALE", str(SANDBOX_SPEED)),
            "FREE_CREDITS": values.get("FREE_CREDITS", str(SANDBOX_CREDITS)),
        }
    return given


def _stand_ins(values: Mapping[str, str], port: int) -> dict[str, dict[str, str]]:
    """The platforms and vendors to replace, and the settings that lead to their stand-ins."""
    base = f"http://127.0.0.1:{port}"
    found: dict[str, dict[str, str]] = {}
    if not any(name in values for entry in registry.ENTRIES for name in key_variables(entry.key)):
        found[_VIDEO_VENDORS] = {"VEO_VERTEX_PROJECT": "sandbox"}
        for route, path in _VENDORS.items():
            prefix = route_prefix(RouteKey(route))
            found[_VIDEO_VENDORS] |= {
                f"{prefix}KEY": "sandbox",
                f"{prefix}BASE_URL": f"{base}/vendors/{path}",
                f"{prefix}ALLOW_PRIVATE": "true",
            }
        if "PROMPT_HELP_URL" not in values:
            found[_VIDEO_VENDORS] |= {"PROMPT_HELP_URL": f"{base}/writing/v1"}
    for platform in PLATFORMS.values():
        if not any(name in values for name in platform.variables):
            found[platform.label] = dict(platform.stand_in(f"127.0.0.1:{port}"))
    return found


def _link_secret(home: Home) -> str:
    """The secret that signs our addresses: made once and stored, so that addresses stay valid after a restart."""
    kept = home.run / "link.secret"
    try:
        return kept.read_text()
    except FileNotFoundError:
        made = secrets.token_urlsafe(32)
        kept.touch(mode=0o600)
        kept.write_text(made)
        return made


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _ours(name: str, environment: Mapping[str, str], ready_event: str | None) -> ServiceSpec:
    command = Command(
        argv=(sys.executable, "-m", "neverdark", name), environment=environment, stop_timeout_s=_STOP_S[name]
    )
    return ServiceSpec(name=name, prepare=lambda: command, ready_event=ready_event)


def _postgres(home: Home) -> ServiceSpec:
    async def ready() -> bool:
        return await asyncio.to_thread(embedded.postgres_answers, home)

    return ServiceSpec(
        name="postgres",
        prepare=lambda: embedded.postgres(home).command,
        ready=ready,
        ready_timeout_s=embedded.START_TIMEOUT_S,
        mute=embedded.POSTGRES_CHATTER,
        essential=True,
    )


def _redis(home: Home) -> ServiceSpec:
    async def ready() -> bool:
        return await asyncio.to_thread(embedded.valkey_answers, home)

    return ServiceSpec(
        name="redis",
        prepare=lambda: embedded.valkey(home).command,
        ready=ready,
        ready_timeout_s=embedded.START_TIMEOUT_S,
        mute=embedded.VALKEY_CHATTER,
        essential=True,
    )


def _sandbox(home: Home, *, port: int, factor: str) -> ServiceSpec:
    folder = home.path / "sandbox"
    command = Command(
        argv=(sys.executable, "-m", "sandbox", f"--port={port}", f"--home={folder}", f"--factor={factor}"),
        environment={"PYTHONUNBUFFERED": "1"},
        stop_timeout_s=5,
    )

    async def ready() -> bool:
        return await asyncio.to_thread(_healthy, port)

    def prepare() -> Command:
        folder.mkdir(exist_ok=True)
        return command

    return ServiceSpec(name="sandbox", prepare=prepare, ready=ready, ready_timeout_s=SANDBOX_START_S, essential=True)


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
