"""One record for each chat platform: all that code outside the platform's folder may use of it.

Importing the record loads no library of the platform; calling a function in it does.
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
    """A request that a platform sent to `web`. Names of headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer to such a request; a header may be in it more than once."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One path below our public address.

    Args:
        within_s: the seconds in which the body of a POST has to arrive.
    """

    path: str
    method: str
    answer: Callable[[Asked], Awaitable[Answered]]
    within_s: float = 2.5


class Mounted(Protocol):
    """A platform that posts its events to `web`."""

    def addresses(self) -> tuple[Address, ...]:
        """The paths that it answers."""

    async def token_taken(self) -> None:
        """Return when the platform has accepted our token, however long it is away. Raises SettingsError if refused."""

    async def aclose(self) -> None:
        """Give work that is under way a moment to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Whether a platform is configured, as `neverdark doctor` tells it.

    Args:
        lacks: what is missing where only a part is set; None where all is set, or nothing.
        remedy: what the operator can do about that.
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
        name: its name in the column `platform`, as a process, and as a folder in `bots/`.
        label: its name for people.
        credential: the setting that holds the bot's token.
        settings: reads its settings from the environment.
        variables: names of settings; if any of them is set, the real platform is used instead of the stand-in.
        main: runs its process until SIGTERM. It is given each platform's check whether a person is an admin.
        chat: makes the adapter that posts there, from the settings; None where it is not configured.
        admins: makes the check whether a person is an admin there; None where it is not configured.
        setup: tells whether its settings are complete.
        stand_in: the settings with which it talks to the sandbox at the given host and port.
        no_process: says why `up` runs no process for it with these settings; None where it runs one.
        mounts: makes the part that answers paths of `web`, given our public address; None where it has no such paths.
        stop_s: seconds that its process may take to end after SIGTERM.
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
