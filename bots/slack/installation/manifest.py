"""The manifest of the Slack app: its commands, surfaces and events, and exactly the scopes that they need."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

EVENTS = "/slack/events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """The scopes that the app asks a workspace for.

    Args:
        needed: the scopes without which the app does not work.
        optional: scopes that a workspace may leave out. With them, a message is looked for before it is posted again;
        without them, a message whose answer was lost may come twice.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...]


def scopes(*, history: bool = True) -> Scopes:
    """The scopes of the app.

    Args:
        history: whether the scopes that read channels are asked for.
    """
    asked = _base()["oauth_config"]["scopes"]
    return Scopes(needed=tuple(asked["bot"]), optional=tuple(asked["bot_optional"]) if history else ())


def manifest(*, url: str | None, socket: bool, history: bool = True) -> Json:
    """The manifest of an app.

    Args:
        url: the address at which people and Slack reach `web`; needed where many workspaces install the app.
        socket: for one workspace, whose events come through a socket.
        history: whether it asks for the scopes that read channels.
    """
    made: Json = json.loads(json.dumps(_base()))
    asked = scopes(history=history)
    made["oauth_config"]["scopes"] = {"bot": list(asked.needed)}
    if asked.optional:
        made["oauth_config"]["scopes"]["bot_optional"] = list(asked.optional)
    made["settings"]["socket_mode_enabled"] = socket
    if socket or url is None:
        return made
    address = url.rstrip("/") + EVENTS
    for command in made["features"]["slash_commands"]:
        command["url"] = address
    made["settings"]["event_subscriptions"]["request_url"] = address
    made["settings"]["interactivity"] |= {"request_url": address}
    made["settings"] |= {"token_rotation_enabled": True, "org_deploy_enabled": True}
    made["oauth_config"]["redirect_urls"] = [url.rstrip("/") + "/slack/oauth_redirect"]
    return made


@cache
def _base() -> Json:
    found: Json = json.loads(files("bots.slack").joinpath("manifest.json").read_text(encoding="utf-8"))
    return found
