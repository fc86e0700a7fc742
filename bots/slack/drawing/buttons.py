"""Buttons and forms that work after a restart: their values are signed, and read when Slack sends them back."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import structlog

from bots.signing import signer as signer_for
from bots.slack.settings import settings
from core.domain.requests.refusals import ForgedButton
from core.domain.signing import Signer
from core.replies.chat.card import Action
from core.replies.chat.community_actions import CommunityAction

log = structlog.get_logger()

MENU = "more_"
"""The prefix of the ids of menus; the value of the chosen option says what to do."""


@cache
def signer() -> Signer:
    """The signer of values; the same in every process of an installation."""
    known = settings()
    return signer_for("slack", token=known.slack_bot_token or known.slack_client_secret)


def value(action: Action | CommunityAction, subject: str) -> str:
    """The value of a button."""
    return f"{subject}.{signer().sign(action.value, subject)}"


def choice(action: Action | CommunityAction, subject: str) -> str:
    """The value of an option of a menu: the action and its subject."""
    return f"{action.value}:{value(action, subject)}"


def chosen(body: Mapping[str, Any]) -> tuple[Action, str]:
    """The action and the subject of the chosen option of a menu.

    Raises:
        ForgedButton
    """
    option = body["actions"][0].get("selected_option") or {}
    action, _, signed = str(option.get("value", "")).partition(":")
    subject, _, signature = signed.rpartition(".")
    if action not in set(Action) or not signer().knows(signature, action, subject):
        raise _forged(body)
    return Action(action), subject


def pressed(body: Mapping[str, Any]) -> str:
    """The subject of the button that was pressed.

    Raises:
        ForgedButton
    """
    button = body["actions"][0]
    # Choices are in one block, so the id of each has its subject behind the action's name.
    action = str(button.get("action_id", "")).partition(":")[0]
    subject, _, signature = str(button.get("value", "")).rpartition(".")
    if not signer().knows(signature, action, subject):
        raise _forged(body)
    return subject


def memory(form: str, kept: Mapping[str, Any]) -> str:
    """The signed memory of a form, which Slack sends back with the form."""
    return json.dumps({"kept": kept, "signature": signer().sign(form, _canonical(kept))})


def remembered(body: Mapping[str, Any]) -> dict[str, Any]:
    """The memory of a form that was sent.

    Raises:
        ForgedButton
    """
    view = body["view"]
    try:
        data = json.loads(view["private_metadata"])
        kept, signature = dict(data["kept"]), str(data["signature"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _forged(body) from error
    if not signer().knows(signature, str(view["callback_id"]), _canonical(kept)):
        raise _forged(body)
    return kept


def _canonical(kept: Mapping[str, Any]) -> str:
    return json.dumps(kept, sort_keys=True)


def _forged(body: Mapping[str, Any]) -> ForgedButton:
    log.warning("button.forged", platform="slack", user=str((body.get("user") or {}).get("id", "")))
    return ForgedButton()
