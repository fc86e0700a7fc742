"""A video that is asked for now and made later: everything that it takes to ask for it then."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.chat.principal import Belongs
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.domain.rules.presets import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterVideo:
    """What is to be made later.

    Args:
        due_at: when it is to begin; with `when_cheap`, when it is given up.
        roles: those that rules were about, as far as the person had them when they asked.
        zone: the person's time zone.
    """

    id: UUID
    platform: PlatformName
    installation: Installation
    user: UserId
    channel: ChannelId
    place: Thread
    request: VideoRequest
    due_at: datetime
    zone: str
    when_cheap: bool = False
    said: Said | None = None
    takes: int = 1
    asked_by: str | None = None
    locale: str | None = None
    place_locale: str | None = None
    belongs: Belongs = Belongs.MEMBER
    is_adult: bool = False
    is_private: bool = False
    roles: tuple[str, ...] = ()
