"""Mentions in a slash command: Slack writes them out for an app whose command has "escape" on, as ours have."""

import re

from sandbox.slack.fixtures import BOT_NAME, BOT_USER_ID, PEOPLE, PLACES

_PEOPLE = {person.name.lower(): (person.id, person.name) for person in PEOPLE} | {
    BOT_NAME.lower(): (BOT_USER_ID, BOT_NAME)
}
_PLACES = {place.name: place.id for place in PLACES}
_MENTION = re.compile(r"(?<![\w<])([@#])([\w.-]+)")


def written_out(text: str) -> str:
    """`@ana` and `#general` as <@U0ANA|ana> and <#C0GENERAL|general>; whoever is not here stays as typed."""
    return _MENTION.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    mark, name = match.groups()
    if mark == "@" and (person := _PEOPLE.get(name.lower())):
        return f"<@{person[0]}|{person[1]}>"
    if mark == "#" and (channel := _PLACES.get(name)):
        return f"<#{channel}|{name}>"
    return match[0]
