"""What a Slack app is made from: its commands, surfaces and events, and the scopes that these need and no others."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

EVENTS = "/slack/events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """What the app asks a workspace for.

    Args:
        needed: what its surfaces do not work without.
        optional: a workspace may leave them out. With them a message is looked for before it is posted a second time;
            without them one whose answer was lost may come twice.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...]


def scopes(*, history: bool = True) -> Scopes:
    """The scopes of the app.

    Args:
        history: whether a workspace is asked for those that read its channels.
    """
    asked = _base()["oauth_config"]["scopes"]
    return Scopes(needed=tuple(asked["bot"]), optional=tuple(asked["bot_optional"]) if history else ())


def manifest(*, url: str | None, socket: bool, history: bool = True) -> Json:
    """The manifest of an app.

    Args:
        url: where people and Slack reach `web`; what is needed where many workspaces install the app.
        socket: one workspace, whose events come through a socket.
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
