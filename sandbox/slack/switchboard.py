"""What can be set about the workspace while it runs, besides the errors that its methods answer with."""

from sandbox.slack.fixtures import GROUPS, PEOPLE
from sandbox.slack.hooks import Hooks
from sandbox.slack.limits import LENIENT, STRICT, Meter
from sandbox.slack.sockets import Sockets
from sandbox.slack.store import Store
from sandbox.slack.uploads import Uploads
from sandbox.switches import Switch

LIMITS = {"lenient": LENIENT, "true": STRICT}


DESIGNERS = next(group for group, (handle, _) in GROUPS.items() if handle == "designers")


def switches(*, store: Store, uploads: Uploads, sockets: Sockets, hooks: Hooks, meter: Meter) -> tuple[Switch, ...]:
    """All of them."""

    def places() -> tuple[str, ...]:
        return tuple(channel.name for channel in store.channels.values() if channel.person is None)

    def people() -> tuple[str, ...]:
        return tuple(person.name for person in PEOPLE)

    def joined(names: list[str]) -> None:
        for channel in store.channels.values():
            if channel.person is None:
                channel.member = channel.name in names

    def limited(name: str) -> None:
        meter.limits = LIMITS[name]

    return (
        Switch(
            name="archived", says="Channels that are archived", choices=places,
            get=lambda: sorted(store.archived), put=lambda names: _fill(store.archived, names),
        ),
        Switch(
            name="locked", says="Channels whose threads take no more replies", choices=places,
            get=lambda: sorted(store.locked), put=lambda names: _fill(store.locked, names),
        ),
        Switch(
            name="joined", says="Channels that the bot is in", choices=places,
            get=lambda: [c.name for c in store.channels.values() if c.person is None and c.member], put=joined,
        ),
        Switch(
            name="outsiders", says="People who belong to another workspace", choices=people,
            get=lambda: sorted(store.outsiders), put=lambda names: _fill(store.outsiders, names),
        ),
        Switch(
            name="guests", says="People who are guests", choices=people,
            get=lambda: sorted(store.guests), put=lambda names: _fill(store.guests, names),
        ),
        Switch(
            name="designers", says="People in the user group @designers", choices=people,
            get=lambda: sorted(store.groups[DESIGNERS]), put=lambda names: _fill(store.groups[DESIGNERS], names),
        ),
        Switch(
            name="org_wide", says="The app is installed for a whole organization: payloads name no team",
            get=lambda: store.org_wide, put=lambda on: setattr(store, "org_wide", on),
        ),
        Switch(
            name="in_organization", says="The workspace is one of an organization, the home of its people in payloads",
            get=lambda: store.in_organization, put=lambda on: setattr(store, "in_organization", on),
        ),
        Switch(
            name="no_cards", says="Messages with card or carousel blocks are refused (invalid_blocks)",
            get=lambda: store.no_cards, put=lambda on: setattr(store, "no_cards", on),
        ),
        Switch(
            name="limits", says="How often each method may be called: Slack’s true measure, or much oftener",
            choices=lambda: tuple(LIMITS),
            get=lambda: "true" if meter.limits is STRICT else "lenient", put=limited,
        ),
        Switch(
            name="share_s", says="Seconds until an uploaded file shows",
            get=lambda: uploads.share_s, put=lambda seconds: setattr(uploads, "share_s", seconds),
        ),
        Switch(
            name="sockets_refused", says="Every connection is one too many (too_many_websockets)",
            get=lambda: sockets.refusing, put=lambda on: setattr(sockets, "refusing", on),
        ),
        Switch(
            name="sockets_ended", says="The address of every connection has ended when it is used",
            get=lambda: sockets.ended, put=lambda on: setattr(sockets, "ended", on),
        ),
        Switch(
            name="dead_response_urls", says="Answers to interactions are a 404",
            get=lambda: hooks.dead, put=lambda on: setattr(hooks, "dead", on),
        ),
    )  # fmt: skip


def _fill(known: set[str], names: list[str]) -> None:
    known.clear()
    known.update(names)
