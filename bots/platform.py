"""What a chat platform is to everybody outside its folder: one record.

Reading the record loads no platform's library; calling a part of it does.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from core.db.pool import Pool
from core.domain.ids import PlatformName
from core.ports import Chat
from core.replies.chat.card import Card
from core.settings import Group

if TYPE_CHECKING:
    from bots.video_service import AdminCheck, VideoService


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that came to an address of ours. Names of headers are in small letters."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the request is answered with; a header may come more than once."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address below the public one.

    Args:
        within_s: the body of a POST has to be here after so many seconds.
    """

    path: str
    method: str
    answer: Callable[[Asked], Awaitable[Answered]]
    within_s: float = 2.5


class Mounted(Protocol):
    """A platform that posts its events to `web`."""

    def addresses(self) -> tuple[Address, ...]:
        """Everything that it answers."""

    async def token_taken(self) -> None:
        """Return when the platform has taken our token, however long it may be away. Raises SettingsError."""

    async def aclose(self) -> None:
        """Let what is under way end, for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Whether a platform is configured, as `neverdark doctor` tells it.

    Args:
        lacks: what is missing where something is set and not enough; None where it is whole, or nothing is set.
        remedy: what to do about that.
    """

    is_set: bool
    lacks: str | None = None
    remedy: str = ""


def _own_process(_values: Mapping[str, str]) -> None:
    return None


def _not_mounted(_service: "VideoService", _pool: Pool, _public_url: str | None) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One chat platform.

    Args:
        name: the word of the column `platform`, of the process, and of the folder in `bots/`.
        label: how people call it.
        credential: the setting that holds the bot's token.
        settings: what it is told by the environment.
        variables: the settings of which any one says that the real platform is meant, and no stand-in.
        main: runs its process until SIGTERM. Given who can say, on every platform, whether somebody is an admin.
        chat: what posts there, made of the settings; None where it is not configured.
        admins: who can say whether somebody is an admin there; None where it is not configured.
        setup: whether what is set belongs together.
        stand_in: the settings that lead to the sandbox, which listens at the given host and port.
        no_process: why `up` runs no process for it, by what is set; None where it runs one.
        mounts: the platform at addresses of `web`, given our public address; None where it does not post there.
        stop_s: how long its process may take to end by itself, in seconds.
    """

    name: PlatformName
    label: str
    credential: str
    settings: type[Group]
    variables: tuple[str, ...]
    main: Callable[[Mapping[PlatformName, "AdminCheck"]], None]
    chat: Callable[[Pool], Chat[Card] | None]
    admins: Callable[[], "AdminCheck | None"]
    setup: Callable[[], Setup]
    stand_in: Callable[[str], Mapping[str, str]]
    no_process: Callable[[Mapping[str, str]], str | None] = _own_process
    mounts: Callable[["VideoService", Pool, str | None], Mounted | None] = _not_mounted
    stop_s: float = 10.0
