"""Who and where in the Discord sandbox: people, channels, permissions, Discord's numbers, and ids that never repeat."""

import time
from dataclasses import dataclass
from enum import IntFlag

from sandbox.platform import Person

BOT_TOKEN = "sandbox-discord-token"  # noqa: S105 (a stand-in's token is no secret)
BOT_NAME = "Neverdark"
BOT_ID = 1100000000000000001
APPLICATION_ID = BOT_ID
GUILD_ID = 1100000000000000100
GUILD_NAME = "Neverdark Sandbox"
MANAGERS_ROLE_ID = 1100000000000000150
BOT_ROLE_ID = 1100000000000000151
DESIGNERS_ROLE_ID = 1100000000000000152
DESIGNERS = frozenset({1100000000000000013})
"""Who has that role as the server starts: cleo."""
BOOSTERS = frozenset({"1100000000000000014"})
"""Who pays Discord for the server."""

PEOPLE = (
    Person(name="ana", id="1100000000000000011", admin=True),
    Person(name="ben", id="1100000000000000012", admin=False),
    Person(name="cleo", id="1100000000000000013", admin=False),
    Person(name="dan", id="1100000000000000014", admin=False),
)
CHANNEL_IDS = {
    "general": 1100000000000000101,
    "video": 1100000000000000102,
    "random": 1100000000000000103,
    "quiet": 1100000000000000104,
}
OTHER_CHANNELS = {
    "news": (5, 1100000000000000105),
    "lounge": (2, 1100000000000000106),
    "stage": (13, 1100000000000000107),
    "showcase": (15, 1100000000000000108),
    "clips": (16, 1100000000000000109),
}
"""By name: the kind of a channel that is no plain one, and its id."""
ALL_CHANNEL_IDS = CHANNEL_IDS | {name: number for name, (_, number) in OTHER_CHANNELS.items()}
PRIVATE_THREADS = {"backroom": ("video", 1100000000000000120)}
"""Private threads by name: the channel that each is in, and its id. Nobody reads them but who is in them."""
SKUS = {1100000000000000901: "500 credits", 1100000000000000902: "2000 credits"}
"""What the application sells in Discord's shop."""
SUBSCRIPTIONS = {1100000000000000903: "1000 credits a month"}
GOODS = SKUS | SUBSCRIPTIONS
PEOPLE_BY_NAME = {person.name: person for person in PEOPLE}
PEOPLE_BY_ID = {int(person.id): person for person in PEOPLE}

EPOCH_MS = 1420070400000


class Permission(IntFlag):
    """The permission bits that the sandbox knows."""

    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


BOT_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
EVERYONE_PERMISSIONS = BOT_PERMISSIONS | Permission.USE_APPLICATION_COMMANDS
MANAGER_PERMISSIONS = (
    EVERYONE_PERMISSIONS | Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES | Permission.MANAGE_THREADS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The numbers of Discord that a test may want shorter or smaller.

    `answer_s`: an interaction must be answered in it. `linger_s`: how long a person's client waits for a second
    message after the answer. `token_s`: life of an interaction's token. `nonce_s`: how long a nonce is remembered.
    `locale`, `guild_locale`: the languages of people and of the server.
    """

    answer_s: float = 3.0
    linger_s: float = 0.05
    token_s: float = 15 * 60.0
    nonce_s: float = 5 * 60.0
    upload_bytes: int = 10 * 1024 * 1024
    messages_a_channel: int = 2000
    slow_s: float = 1.0
    hang_s: float = 30.0
    retry_after_s: float = 1.0
    heartbeat_s: float = 41.25
    resume_s: float = 120.0
    locale: str = "en-US"
    guild_locale: str = "en-US"


class Snowflakes:
    """Ids that carry the time they were made, each larger than the one before, in this run and in the next."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        fresh = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last = max(fresh, self._last + 1)
        return self._last


def made_at(snowflake: int) -> float:
    """The unix time in seconds at which an id was made."""
    return ((snowflake >> 22) + EPOCH_MS) / 1000


def name_of(user_id: int) -> str:
    """The name of a person or of the bot."""
    person = PEOPLE_BY_ID.get(user_id)
    return person.name if person else BOT_NAME


def permissions_of(user_id: int) -> Permission:
    """What somebody may do in the guild, channels aside."""
    if user_id == BOT_ID:
        return BOT_PERMISSIONS
    return MANAGER_PERMISSIONS if PEOPLE_BY_ID[user_id].admin else EVERYONE_PERMISSIONS
