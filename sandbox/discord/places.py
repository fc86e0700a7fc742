"""The guild's channels as the server starts: of each kind one at least, and a private thread that the bot is in."""

from sandbox.discord.fixtures import CHANNEL_IDS, OTHER_CHANNELS, PEOPLE_BY_NAME, PRIVATE_THREADS, Permission, made_at
from sandbox.discord.model import Channel, ChannelKind, Thread

OWNER_ID = int(PEOPLE_BY_NAME["ana"].id)


def every() -> dict[int, Channel]:
    """By id."""
    kinds = {name: (ChannelKind.TEXT, number) for name, number in CHANNEL_IDS.items()}
    kinds |= {name: (ChannelKind(kind), number) for name, (kind, number) in OTHER_CHANNELS.items()}
    found = {
        number: Channel(id=number, kind=kind, name=name, position=position)
        for position, (name, (kind, number)) in enumerate(kinds.items())
    }
    found[CHANNEL_IDS["quiet"]].permissions = Permission(0)
    for name, (parent, number) in PRIVATE_THREADS.items():
        top = found[CHANNEL_IDS[parent]]
        found[number] = top.threads[number] = Channel(
            id=number, kind=ChannelKind.PRIVATE_THREAD, name=name, parent_id=top.id,
            thread=Thread(owner_id=OWNER_ID, archived_at=made_at(number)),
        )  # fmt: skip
    return found


def is_apart(channel: Channel) -> bool:
    """Whether people find it by its own name: a channel, or a private thread, which hangs on no message."""
    return channel.kind is not ChannelKind.DM and (channel.thread is None or channel.kind is ChannelKind.PRIVATE_THREAD)
