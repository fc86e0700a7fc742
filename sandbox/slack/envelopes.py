"""What Slack sends an app when a person does something: the payloads of commands, presses, modals and events."""

import json
import secrets
from dataclasses import dataclass
from uuid import uuid4

from sandbox.platform import Person
from sandbox.slack.buttons import Press, action_json
from sandbox.slack.fixtures import APP_ID, BOT_USER_ID, NAMES, ORG_ID, OTHER_TEAM_ID, TEAM_DOMAIN, TEAM_ID, Json
from sandbox.slack.response_window import ResponseWindow
from sandbox.slack.store import Channel, Message, Store

VERIFICATION = "sandbox-verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One envelope, as the bytes that go out: redelivery sends them again unchanged."""

    id: str
    text: str


def seal(kind: str, payload: Json, *, answerable: bool = False) -> Envelope:
    """Put a payload into an envelope of its kind."""
    envelope_id = str(uuid4())
    body: Json = {
        "envelope_id": envelope_id,
        "payload": payload,
        "type": kind,
        "accepts_response_payload": answerable,
    }
    if kind == "events_api":
        body |= {"retry_attempt": 0, "retry_reason": ""}
    return Envelope(id=envelope_id, text=json.dumps(body))


def as_sent(envelope: Envelope, *, store: Store, user: str) -> str:
    """The envelope with what is special about its person, and about how the app is installed."""
    stranger = any(NAMES.get(user) == name for name in store.outsiders)
    text = envelope.text.replace(f'"{TEAM_ID}"', f'"{store.team.id}"')
    if not stranger and not store.org_wide and not store.in_organization:
        return text
    body = json.loads(text)
    payload = body["payload"]
    home = OTHER_TEAM_ID if stranger else ORG_ID if store.in_organization else None
    if home is not None:
        for said, name in ((payload.get("user"), "team_id"), (payload.get("event"), "user_team")):
            if isinstance(said, dict):
                said[name] = home
    if store.org_wide:
        payload["is_enterprise_install"] = True if body["type"] != "slash_commands" else "true"
        if body["type"] == "interactive":
            payload |= {"team": None, "enterprise": {"id": ORG_ID, "name": "Sandbox Org"}}
        else:
            payload["enterprise_id"] = ORG_ID
    return json.dumps(body)


def command(
    window: ResponseWindow, *, name: str, text: str, place: Channel, person: Person, response_url: str
) -> Envelope:
    """A slash command."""
    return seal(
        "slash_commands",
        {
            "token": VERIFICATION,
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": place.id,
            "channel_name": _called(place),
            "user_id": person.id,
            "user_name": person.name,
            "command": name,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": window.trigger,
        },
        answerable=True,
    )


def press(
    window: ResponseWindow,
    *,
    pressed: Press,
    message: Message,
    shown: Json,
    place: Channel,
    person: Person,
    response_url: str,
    at: str,
) -> Envelope:
    """A button or a menu of a message was used."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": place.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    payload = _interaction("block_actions", window, person) | {
        "container": container,
        "channel": {"id": place.id, "name": _called(place)},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action_json(pressed, at=at)],
    }
    if message.only_for is None:
        payload["message"] = shown
    return seal("interactive", payload)


def shortcut(
    window: ResponseWindow, *, callback_id: str, message: Message, shown: Json, place: Channel, person: Person
) -> Json:
    """The payload of a shortcut that was used on a message, but for its response_url."""
    return _interaction("message_action", window, person) | {
        "callback_id": callback_id,
        "action_ts": message.ts,
        "message_ts": message.ts,
        "message": shown,
        "channel": {"id": place.id, "name": _called(place)},
    }


def press_in_home(window: ResponseWindow, *, pressed: Press, view: Json, person: Person, at: str) -> Envelope:
    """A button of somebody's Home was pressed: it has no channel, and no response_url."""
    payload = _interaction("block_actions", window, person) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action_json(pressed, at=at)],
    }
    return seal("interactive", payload)


def global_shortcut(window: ResponseWindow, *, callback_id: str, person: Person, at: str) -> Envelope:
    """A shortcut was used from nowhere in particular."""
    payload = _interaction("shortcut", window, person) | {"callback_id": callback_id, "action_ts": at}
    return seal("interactive", payload)


def submission(window: ResponseWindow, *, view: Json, person: Person, response_urls: list[Json]) -> Envelope:
    """A modal was sent."""
    payload = _interaction("view_submission", window, person) | {"view": view, "response_urls": response_urls}
    return seal("interactive", payload, answerable=True)


def changed(window: ResponseWindow, *, view: Json, action: Json, person: Person) -> Envelope:
    """A field of an open modal was changed."""
    payload = _interaction("block_actions", window, person) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action | {"action_ts": window.trigger.partition(".")[0]}],
    }
    return seal("interactive", payload)


def closed(window: ResponseWindow, *, view: Json, person: Person) -> Envelope:
    """A modal was closed without sending it."""
    payload = _interaction("view_closed", window, person) | {"view": view, "is_cleared": False}
    return seal("interactive", payload)


def event(event: Json, *, at: int) -> Envelope:
    """Something happened that the app subscribes to."""
    return seal(
        "events_api",
        {
            "token": VERIFICATION,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev0" + secrets.token_hex(5).upper(),
            "event_time": at,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        },
    )


def _called(place: Channel) -> str:
    """What requests call a channel: those that are not public have no name of their own there."""
    return "directmessage" if place.person else "privategroup" if place.private else place.name


def _interaction(kind: str, window: ResponseWindow, person: Person) -> Json:
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": VERIFICATION,
        "trigger_id": window.trigger,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
