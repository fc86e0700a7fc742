"""What can be set about the guild while it runs, besides the errors that its routes answer with."""

from collections.abc import Callable, Collection, Iterator

from sandbox.discord.access import Access
from sandbox.discord.fixtures import (
    ALL_CHANNEL_IDS,
    BOT_PERMISSIONS,
    CHANNEL_IDS,
    PEOPLE,
    PEOPLE_BY_NAME,
    PRIVATE_THREADS,
    Permission,
)
from sandbox.discord.gateway import REFUSES, Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.limits import Meter
from sandbox.discord.model import POSTS, Channel, ChannelKind
from sandbox.discord.moderator import Moderator
from sandbox.discord.server import Server
from sandbox.discord.shop import Shop
from sandbox.discord.store import Store
from sandbox.switches import Switch

CLOSES = ("none", "4000", "4004", "4008", "4009", "4010", "4011", "4012", "4013", "4014")
LOCALES = ("en-US", "de", "fr")
_NEEDED = tuple(permission for permission in Permission if permission in BOT_PERMISSIONS)


def switches(
    *,
    store: Store,
    access: Access,
    server: Server,
    meter: Meter,
    gateway: Gateway,
    interactions: Interactions,
    shop: Shop,
    moderator: Moderator,
) -> tuple[Switch, ...]:
    """All of them."""
    return (
        *(_missing(permission, store) for permission in _NEEDED),
        *_of_threads(store),
        Switch(
            name="in_server", says="The bot is in the server; switched on again, it was invited anew",
            get=lambda: store.joined_at is not None, put=lambda on: moderator.join() if on else moderator.leave(),
        ),
        *_of_channels(store, moderator),
        Switch(
            name="without_bot", says="Private threads that the bot is not in",
            choices=lambda: tuple(PRIVATE_THREADS),
            get=lambda: [name for name, (_, number) in PRIVATE_THREADS.items() if not _is_in(store.channels[number])],
            put=lambda names: moderator.set_without_bot({PRIVATE_THREADS[name][1] for name in names}),
        ),
        Switch(
            name="locale", says="The language of people’s clients",
            choices=lambda: LOCALES, get=lambda: interactions.locale,
            put=lambda word: setattr(interactions, "locale", word),
        ),
        Switch(
            name="silent_shop", says="The gateway says nothing of sales; only the list has them",
            get=lambda: shop.is_silent, put=lambda on: setattr(shop, "is_silent", on),
        ),
        Switch(
            name="paid_back", says="Sales that Discord has paid back",
            choices=lambda: tuple(one.called for one in shop.sold),
            get=lambda: [one.called for one in shop.sold if one.deleted],
            put=lambda names: _pay_back(shop, names),
        ),
        Switch(
            name="renewed", says="Subscriptions that are paid for another month",
            choices=lambda: tuple(one.called for one in shop.subscribed),
            get=list, put=lambda names: _renew(shop, names),
        ),
        Switch(
            name="designers", says="People with the role Designers",
            choices=lambda: tuple(person.name for person in PEOPLE),
            get=lambda: sorted(name for name, person in PEOPLE_BY_NAME.items() if int(person.id) in store.designers),
            put=lambda names: _fill(store.designers, names),
        ),
        Switch(
            name="closed_dms", says="People who take no direct messages from the bot",
            choices=lambda: tuple(person.name for person in PEOPLE),
            get=lambda: sorted(name for name, person in PEOPLE_BY_NAME.items() if int(person.id) in access.closed_dms),
            put=lambda names: _fill(access.closed_dms, names),
        ),
        Switch(
            name="expired_tokens", says="What was asked until now cannot be answered any more, as after 15 minutes",
            get=lambda: interactions.tokens_dead, put=lambda on: setattr(interactions, "tokens_dead", on),
        ),
        Switch(
            name="limits", says="How often each route may be called: Discord’s true measure, or much oftener",
            choices=lambda: ("lenient", "true"),
            get=lambda: "true" if meter.is_true else "lenient",
            put=lambda word: setattr(meter, "is_true", word == "true"),
        ),
        Switch(
            name="threads_per_10s", says="Threads that may be opened in a channel in 10 seconds; 0: any number",
            get=lambda: meter.threads_per_10s, put=lambda many: setattr(meter, "threads_per_10s", many),
        ),
        Switch(
            name="thread_s", says="Seconds that a thread takes to open",
            get=lambda: server.thread_s, put=lambda seconds: setattr(server, "thread_s", seconds),
        ),
        Switch(
            name="gateway_closes", says="The code with which the gateway ends every connection",
            choices=lambda: CLOSES, get=lambda: str(gateway.closes_with or "none"),
            put=lambda code: setattr(gateway, "closes_with", 0 if code == "none" else int(code)),
        ),
        Switch(
            name="gateway_refuses", says="What the gateway refuses: each connection, each resume, or each identify",
            choices=lambda: REFUSES, get=lambda: gateway.refuses, put=lambda what: setattr(gateway, "refuses", what),
        ),
        Switch(
            name="identifies_left", says="How often the bot may identify today; beyond that its token is reset",
            get=lambda: float(gateway.identifies_left),
            put=lambda many: setattr(gateway, "identifies_left", int(many)),
        ),
    )  # fmt: skip


def _of_channels(store: Store, moderator: Moderator) -> Iterator[Switch]:
    """What a moderator decides of channels, by their names."""

    def switch(
        name: str, says: str, holds: Callable[[Channel], bool], put: Callable[[set[int]], None],
        kinds: Collection[ChannelKind] = tuple(ChannelKind),
    ) -> Switch:  # fmt: skip
        names = tuple(word for word, number in ALL_CHANNEL_IDS.items() if store.channels[number].kind in kinds)
        return Switch(
            name=name, says=says, choices=lambda: names,
            get=lambda: [word for word in names if holds(store.channels[ALL_CHANNEL_IDS[word]])],
            put=lambda words: put({ALL_CHANNEL_IDS[word] for word in words}),
        )  # fmt: skip

    yield switch("adult_channels", "Channels that are for adults", lambda one: one.nsfw, moderator.set_adult)
    yield switch(
        "hidden_channels", "Channels that not everybody may look into", lambda one: one.hidden, moderator.set_hidden
    )
    yield switch(
        "slow_channels", "Channels in slow mode: a message in six hours", lambda one: one.slowmode_s > 0,
        moderator.set_slow,
    )  # fmt: skip
    yield switch("deleted_channels", "Channels that were deleted", lambda one: one.deleted, moderator.set_deleted)
    yield switch(
        "wants_tag", "Forums in which a post must have a tag", lambda one: one.wants_tag, moderator.set_wants_tag, POSTS
    )
    yield switch(
        "purged_channels", "Delete all that the app has written in these channels", lambda _: False, moderator.purge
    )


def _is_in(thread: Channel) -> bool:
    return thread.thread is not None and thread.thread.bot_is_in


def _missing(permission: Permission, store: Store) -> Switch:
    """The channels in which the bot lacks one permission."""
    name = str(permission.name).lower()

    def lacking() -> list[str]:
        return [word for word, number in CHANNEL_IDS.items() if permission not in store.channels[number].permissions]

    def put(names: list[str]) -> None:
        for word, number in CHANNEL_IDS.items():
            held = store.channels[number].permissions
            store.permit(number, held & ~permission if word in names else held | permission)

    words = name.replace("_", " ")
    return Switch(
        name=f"no_{name}", says=f"Channels where the bot lacks: {words}", choices=lambda: tuple(CHANNEL_IDS),
        get=lacking, put=put,
    )  # fmt: skip


def _of_threads(store: Store) -> Iterator[Switch]:
    """Channels all of whose threads are in some state, those too that open later."""

    def threads(word: str) -> list[Channel]:
        return list(store.channels[CHANNEL_IDS[word]].threads.values())

    def archived(names: list[str]) -> None:
        for word in CHANNEL_IDS:
            for thread in threads(word):
                store.archive(thread, archived=word in names)

    def locked(names: list[str]) -> None:
        for word in CHANNEL_IDS:
            for thread in threads(word):
                if thread.thread is not None:
                    thread.thread.locked = word in names

    def deleted(names: list[str]) -> None:
        for word in names:
            for thread in threads(word):
                store.remove_thread(thread)

    def every(holds: Callable[[Channel], bool]) -> list[str]:
        return [word for word in CHANNEL_IDS if threads(word) and all(map(holds, threads(word)))]

    yield Switch(
        name="archived_threads", says="Channels whose threads are archived now", choices=lambda: tuple(CHANNEL_IDS),
        get=lambda: every(lambda each: each.thread is not None and each.thread.archived), put=archived,
    )  # fmt: skip
    yield Switch(
        name="locked_threads", says="Channels whose threads are locked now", choices=lambda: tuple(CHANNEL_IDS),
        get=lambda: every(lambda each: each.thread is not None and each.thread.locked), put=locked,
    )  # fmt: skip
    yield Switch(
        name="deleted_threads", says="Delete all threads of these channels", choices=lambda: tuple(CHANNEL_IDS),
        get=list, put=deleted,
    )  # fmt: skip


def _pay_back(shop: Shop, names: list[str]) -> None:
    for one in shop.sold:
        if one.called in names:
            shop.refund(one.id)


def _renew(shop: Shop, names: list[str]) -> None:
    for one in shop.subscribed:
        if one.called in names:
            shop.renew(one.id)


def _fill(known: set[int], names: list[str]) -> None:
    known.clear()
    known.update(int(PEOPLE_BY_NAME[name].id) for name in names)
