"""Slash commands: registered as Discord registers them, and shown to whoever types."""

import re
from collections.abc import Iterable
from typing import Any

from starlette.routing import BaseRoute

from sandbox.discord.errors import ApiError, FormErrors, Path, Refusal
from sandbox.discord.fixtures import APPLICATION_ID, GUILD_ID, Snowflakes
from sandbox.discord.server import Answer, Call, Server
from sandbox.platform import CommandHint

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, NUMBER, ATTACHMENT = 1, 2, 3, 4, 5, 6, 7, 10, 11
LETTERS_MAX = 8000
CHAT, ON_MESSAGE = 1, 3
"""Types of commands: typed, and in the context menu of a message."""

_NAME = re.compile(r"[-_'\w]{1,32}")


class Commands:
    """The application's commands: global ones, and those of the guild, which hide a global one of the same name."""

    def __init__(self, next_id: Snowflakes) -> None:
        self._next_id = next_id
        self._global: dict[str, dict[str, Any]] = {}
        self._guild: dict[str, dict[str, Any]] = {}

    def routes(self, server: Server) -> list[BaseRoute]:
        everywhere = "/applications/{application:int}/commands"
        here = "/applications/{application:int}/guilds/{guild:int}/commands"
        return [server.route(method, path, self._serve) for path in (everywhere, here) for method in ("GET", "PUT")]

    def find(self, name: str) -> dict[str, Any] | None:
        """The chat command that a person reaches by this name."""
        return (self._global | self._guild).get(name)

    def on_messages(self) -> dict[str, dict[str, Any]]:
        """The commands of a message's context menu, by name."""
        return {name: one for name, one in (self._global | self._guild).items() if one["type"] == ON_MESSAGE}

    def hints(self) -> tuple[CommandHint, ...]:
        """All commands as a person may type them, subcommands spelled out."""
        chat = (command for command in (self._global | self._guild).values() if command["type"] == CHAT)
        every = sorted(chat, key=lambda command: str(command["name"]))
        return tuple(hint for command in every for hint in _hints(f"/{command['name']}", command))

    def _serve(self, call: Call) -> Answer:
        if call.path["application"] != APPLICATION_ID:
            raise ApiError(Refusal.UNKNOWN_APPLICATION)
        guild = call.path.get("guild")
        if guild not in {None, GUILD_ID}:
            raise ApiError(Refusal.UNKNOWN_GUILD)
        known = self._global if guild is None else self._guild
        if isinstance(call.json, list):
            fresh = self._read(call.json, known, guild)
            known.clear()
            known.update((command["name"], command) for command in fresh)
        return Answer(body=list(known.values()))

    def _read(self, raw: list[Any], known: dict[str, dict[str, Any]], guild: int | None) -> list[dict[str, Any]]:
        """The commands of a bulk overwrite; one that keeps its name keeps its id."""
        errors = FormErrors()
        items = errors.objects(raw, (), high=130)
        made = [self._command(item, errors, (index,), known, guild) for index, item in enumerate(items)]
        names = [command["name"] for command in made]
        for index, name in enumerate(names):
            if name in names[:index]:
                code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
                errors.add((index, "name"), code, "Application command names must be unique")
        errors.check()
        return made

    def _command(
        self, raw: dict[str, Any], errors: FormErrors, path: Path, known: dict[str, dict[str, Any]], guild: int | None
    ) -> dict[str, Any]:
        kind = raw.get("type") or CHAT
        name = errors.text(raw.get("name"), (*path, "name"), low=1, high=32)
        if kind == CHAT:
            name = _name(name, errors, (*path, "name"))
        if _letters(raw) > LETTERS_MAX:
            code = "APPLICATION_COMMAND_TOO_LARGE"
            errors.add(path, code, f"Command exceeds maximum size ({LETTERS_MAX})")
        made: dict[str, Any] = {
            "id": known.get(name, {}).get("id") or str(self._next_id()),
            "application_id": str(APPLICATION_ID),
            "version": str(self._next_id()),
            "type": kind,
            "name": name,
            "description": errors.text(
                raw.get("description") or "",
                (*path, "description"),
                low=1 if kind == CHAT else 0,
                high=100 if kind == CHAT else 0,
            ),
            "default_member_permissions": None,
            "nsfw": bool(raw.get("nsfw")),
            "dm_permission": raw.get("dm_permission") is not False,
            "contexts": raw.get("contexts"),
            "integration_types": raw.get("integration_types") or [0],
        }
        if raw.get("default_member_permissions") is not None:
            made["default_member_permissions"] = str(raw["default_member_permissions"])
        if guild is not None:
            made["guild_id"] = str(guild)
        if options := _options(raw, errors, path):
            made["options"] = options
        return made


def _options(raw: dict[str, Any], errors: FormErrors, path: Path) -> list[dict[str, Any]]:
    path = (*path, "options")
    made = []
    for index, item in enumerate(errors.objects(raw.get("options"), path, high=25)):
        here = (*path, index)
        if item.get("type") not in range(1, 12):
            errors.one_of((*here, "type"), range(1, 12))
        option = {key: value for key, value in item.items() if value is not None and key not in {"choices", "options"}}
        option["name"] = _name(item.get("name"), errors, (*here, "name"))
        option["description"] = errors.text(item.get("description"), (*here, "description"), low=1, high=100)
        if item.get("autocomplete") and item.get("choices"):
            code = "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE"
            errors.add(here, code, "Autocomplete options cannot have choices")
        if item.get("choices"):
            option["choices"] = choices(item["choices"], errors, (*here, "choices"))
        if item.get("type") in {SUBCOMMAND, GROUP}:
            option["options"] = _options(item, errors, here)
        made.append(option)
    required = [bool(option.get("required")) for option in made]
    if required != sorted(required, reverse=True):
        code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
        errors.add(path, code, "Required options must be placed before non-required options")
    names = [option["name"] for option in made]
    if len(set(names)) != len(names):
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", "Option names must be unique")
    return made


def choices(value: Any, errors: FormErrors, path: Path) -> list[dict[str, Any]]:
    """The choices of an option, or those that are suggested for it: within the same bounds."""
    made = []
    for index, raw in enumerate(errors.objects(value, path, high=25)):
        choice = {key: given for key, given in raw.items() if given is not None}
        choice["name"] = errors.text(raw.get("name"), (*path, index, "name"), low=1, high=100)
        if isinstance(raw.get("value"), str):
            errors.text(raw["value"], (*path, index, "value"), low=1, high=100)
        made.append(choice)
    return made


def _name(value: Any, errors: FormErrors, path: Path) -> str:
    name = errors.text(value, path, low=1, high=32)
    if name and (not _NAME.fullmatch(name) or name != name.lower()):
        errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return name


def _letters(raw: dict[str, Any]) -> int:
    own = len(str(raw.get("name", ""))) + len(str(raw.get("description", ""))) + len(str(raw.get("value", "")))
    inner = [*(raw.get("options") or []), *(raw.get("choices") or [])]
    return own + sum(_letters(one) for one in inner if isinstance(one, dict))


def _hints(command: str, described: dict[str, Any]) -> Iterable[CommandHint]:
    options = described.get("options", [])
    subcommands = [option for option in options if option["type"] in {SUBCOMMAND, GROUP}]
    if subcommands:
        for option in subcommands:
            yield from _hints(f"{command} {option['name']}", option)
        return
    yield CommandHint(
        command=command, description=described["description"], options=tuple(_hint(option) for option in options)
    )


def _hint(option: dict[str, Any]) -> dict[str, Any]:
    choices = [choice["value"] for choice in option.get("choices", [])]
    if option["type"] == BOOLEAN:
        choices = [True, False]
    return {
        "name": option["name"],
        "description": option["description"],
        "choices": choices,
        "required": bool(option.get("required")),
    } | ({"file": True} if option["type"] == ATTACHMENT else {})
