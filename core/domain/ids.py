"""The names of things: ids that cannot be mixed up by accident.

Threads, channels and installations are opaque outside their own platform: only `bots/<platform>` reads them.
"""

from typing import NewType
from uuid import UUID, uuid5

PlatformName = NewType("PlatformName", str)
Installation = NewType("Installation", str)
"""A workspace or server as its platform names it: Slack's team id, Discord's guild id."""
ChannelId = NewType("ChannelId", str)
UserId = NewType("UserId", str)
"""A person as the platform names them. The ledger never sees it: see MemberId."""
Thread = NewType("Thread", str)
"""Where a generation is talked about; written and read by its own platform only."""
MessageId = NewType("MessageId", str)

TeamId = NewType("TeamId", int)
MemberId = NewType("MemberId", int)
"""Our own number for a person, so that erasing the person leaves the ledger whole."""

GenerationId = NewType("GenerationId", UUID)
LinkId = NewType("LinkId", UUID)
"""An address under which a clip can be watched."""
ProviderName = NewType("ProviderName", str)
RouteKey = NewType("RouteKey", str)
"""One way to reach a provider's model: `veo.vertex`, `kling.api`."""

_NAMESPACE = UUID("6f2d7a52-8c1e-5a43-9d0b-6e65766572e4")


def generation_id(*, platform: PlatformName, installation: Installation, event: str, take: int = 0) -> GenerationId:
    """The id of what one command, event or press asked for: the same request has the same id for ever."""
    return GenerationId(uuid5(_NAMESPACE, "\x1f".join((platform, installation, event, str(take)))))


def external_id(generation: GenerationId, attempt: int) -> UUID:
    """The id under which a vendor knows our attempt, so that a lost reply can be looked up."""
    return uuid5(generation, f"attempt/{attempt}")
