"""What a person types after a slash, turned into typed options, or refused as Discord's own client refuses it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.commands import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    GROUP,
    INTEGER,
    NUMBER,
    STRING,
    SUBCOMMAND,
    USER,
)
from sandbox.discord.fixtures import ALL_CHANNEL_IDS, BOT_ID, OTHER_CHANNELS, PEOPLE_BY_NAME, permissions_of
from sandbox.discord.model import Attachment

STRING_MAX = 6000
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Unsendable(Exception):
    """The client would not send this command; the message is what it says."""


@dataclass(slots=True)
class Typed:
    """A command's data, as it goes to the bot."""

    options: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, Attachment] = field(default_factory=dict)
    """Not yet given to an option: by the option's name, or for the first that takes files under no name."""
    resolved: dict[str, dict[str, Any]] = field(default_factory=dict)
    locale: str = ""
    threads: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Those that there are, by name, as the API has them."""


def parse(
    command: dict[str, Any],
    words: list[str],
    files: Mapping[str, Attachment] | None = None,
    *,
    locale: str = "",
    threads: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The data of the interaction that these words make of a command.

    `name:value` sets an option of that name; all other words together are the first required string option, or else
    the first string option that is free text. Files are for the options that they are named by; one under "" is for the
    first option that takes a file and has none. Options and choices have their names in the person's own locale, too.
    """
    typed = Typed(files=dict(files or {}), locale=locale, threads=threads or {})
    typed.options = _level(command, list(words), typed)
    if typed.files:
        raise Unsendable(_no_place(next(iter(typed.files))))
    data: dict[str, Any] = {"id": command["id"], "name": command["name"], "type": 1}
    if typed.options:
        data["options"] = typed.options
    if typed.resolved:
        data["resolved"] = typed.resolved
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data


def _no_place(name: str) -> str:
    return f"{name}: this option takes no file." if name else "This command takes no file."


def _level(described: dict[str, Any], words: list[str], typed: Typed) -> list[dict[str, Any]]:
    options = described.get("options", [])
    subcommands = {option["name"]: option for option in options if option["type"] in {SUBCOMMAND, GROUP}}
    if not subcommands:
        return _values(options, words, typed)
    if not words or words[0] not in subcommands:
        raise Unsendable(f"/{described['name']} needs one of: {', '.join(subcommands)}.")
    chosen = subcommands[words[0]]
    inner = _level(chosen, words[1:], typed)
    return [{"name": chosen["name"], "type": chosen["type"], "options": inner}]


def _values(options: list[dict[str, Any]], words: list[str], typed: Typed) -> list[dict[str, Any]]:
    by_name = {name: option for option in options for name in _names(option, typed)}
    free = _free(options)
    given: dict[str, list[str]] = {}
    for word in words:
        name, colon, value = word.partition(":")
        if colon and name in by_name:
            own = by_name[name]["name"]
            if own in given and by_name[name] is not free:
                raise Unsendable(f"The option {name} is given twice.")
            given.setdefault(own, []).append(value)
        elif free is None:
            raise Unsendable(f"This command has no option for “{word}”.")
        else:
            given.setdefault(free["name"], []).append(word)
    made = []
    for option in options:
        text = " ".join(given.get(option["name"], [])).strip()
        file = (typed.files.pop(option["name"], None) or typed.files.pop("", None)) if _takes_file(option) else None
        if file is not None:
            text = _resolve(typed, "attachments", file.id, payloads.attachment(file))
        if text:
            value = _typed(option, text, typed)
            made.append({"name": option["name"], "type": option["type"], "value": value})
        elif option.get("required"):
            raise Unsendable(f"{option['name']}: this option is required. Specify a value.")
    return made


def _names(described: dict[str, Any], typed: Typed) -> tuple[str, ...]:
    """The names of an option or a choice, as the client knows them."""
    localized = (described.get("name_localizations") or {}).get(typed.locale)
    return (described["name"], localized) if localized else (described["name"],)


def _takes_file(option: dict[str, Any]) -> bool:
    return bool(option["type"] == ATTACHMENT)


def _free(options: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The option that takes the words which are nobody else's."""
    strings = [option for option in options if option["type"] == STRING]
    required = [option for option in strings if option.get("required")]
    plain = [option for option in strings if not option.get("choices")]
    return next(iter([*required, *plain]), None)


def _typed(option: dict[str, Any], text: str, typed: Typed) -> Any:
    """A word as the type that its option wants."""
    if option.get("choices"):
        return _choice(option, text, typed)
    read = _READERS.get(option["type"])
    if read is None:
        raise Unsendable(f"{option['name']}: the sandbox cannot pick this kind of option.")
    return read(option, text, typed)


def _string(option: dict[str, Any], text: str, typed: Typed) -> str:
    least, most = option.get("min_length") or 0, option.get("max_length") or STRING_MAX
    if not least <= len(text) <= most:
        raise Unsendable(f"{option['name']}: must be between {least} and {most} in length.")
    return text


def _integer(option: dict[str, Any], text: str, typed: Typed) -> float:
    return _bounded(option, _number(int, text, f"{option['name']}: enter a whole number."))


def _decimal(option: dict[str, Any], text: str, typed: Typed) -> float:
    return _bounded(option, _number(float, text, f"{option['name']}: enter a number."))


def _boolean(option: dict[str, Any], text: str, typed: Typed) -> bool:
    if text.lower() not in _BOOLEANS:
        raise Unsendable(f"{option['name']}: pick True or False.")
    return _BOOLEANS[text.lower()]


def _channel(option: dict[str, Any], text: str, typed: Typed) -> str:
    name = text.removeprefix("#")
    thread = typed.threads.get(name)
    if thread is not None:
        return _resolve(typed, "channels", int(thread["id"]), thread | {"permissions": "0"})
    if name not in ALL_CHANNEL_IDS:
        raise Unsendable(f"{option['name']}: there is no channel {text}.")
    kind, number = OTHER_CHANNELS.get(name, (0, ALL_CHANNEL_IDS[name]))
    if option.get("channel_types") and kind not in option["channel_types"]:
        raise Unsendable(f"{option['name']}: #{name} is of another kind.")
    partial = {"id": str(number), "name": name, "type": kind, "permissions": "0"}
    return _resolve(typed, "channels", number, partial)


def _attachment(option: dict[str, Any], text: str, typed: Typed) -> str:
    if text not in typed.resolved.get("attachments", {}):
        raise Unsendable(f"{option['name']}: attach a file.")
    return text


def _choice(option: dict[str, Any], text: str, typed: Typed) -> Any:
    """One of the legal values, by its value or by the name that the client shows."""
    for choice in option["choices"]:
        if text.casefold() in {str(word).casefold() for word in (choice["value"], *_names(choice, typed))}:
            return choice["value"]
    shown = ", ".join(str(choice["value"]) for choice in option["choices"])
    raise Unsendable(f"{option['name']}: “{text}” is not one of {shown}.")


def _number(kind: type[int] | type[float], text: str, objection: str) -> float:
    try:
        return kind(text)
    except ValueError:
        raise Unsendable(objection) from None


def _bounded(option: dict[str, Any], value: float) -> float:
    least, most = option.get("min_value"), option.get("max_value")
    if (least is not None and value < least) or (most is not None and value > most):
        bounds = (
            f"at least {least}"
            if most is None
            else f"at most {most}"
            if least is None
            else f"between {least} and {most}"
        )
        raise Unsendable(f"{option['name']}: must be {bounds}.")
    return value


def _user(option: dict[str, Any], text: str, typed: Typed) -> str:
    wanted = text.removeprefix("<@").removesuffix(">").removeprefix("@")
    people = {person.id: person for person in PEOPLE_BY_NAME.values()}
    person = PEOPLE_BY_NAME.get(wanted.lower()) or people.get(wanted)
    user_id = int(person.id) if person else BOT_ID if wanted in {"Neverdark", str(BOT_ID)} else None
    if user_id is None:
        raise Unsendable(f"{option['name']}: there is nobody called {text}.")
    partial = payloads.member(user_id, with_user=False) | {"permissions": str(int(permissions_of(user_id)))}
    _resolve(typed, "members", user_id, partial)
    return _resolve(typed, "users", user_id, payloads.user(user_id))


def _resolve(typed: Typed, kind: str, found_id: int, found: dict[str, Any]) -> str:
    typed.resolved.setdefault(kind, {})[str(found_id)] = found
    return str(found_id)


_READERS: dict[int, Callable[[dict[str, Any], str, Typed], Any]] = {
    STRING: _string,
    INTEGER: _integer,
    NUMBER: _decimal,
    BOOLEAN: _boolean,
    USER: _user,
    CHANNEL: _channel,
    ATTACHMENT: _attachment,
}
