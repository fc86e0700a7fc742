"""Slack's own Python models as judges of what we send: a block that they cannot read, or would not send, is wrong."""

from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

VIEWS_WITH = frozenset({"id", "team_id", "state", "hash", "bot_id", "app_id"})


def model_problems(arguments: dict[str, Any]) -> list[str]:
    """What the models have against the blocks and the view of a call; empty if nothing."""
    view = arguments.get("view")
    found = list(_view(view)) if isinstance(view, dict) else []
    blocks = arguments.get("blocks")
    return found + list(_blocks(blocks)) if isinstance(blocks, list) else found


def _view(view: dict[str, Any]) -> Iterator[str]:
    try:
        View(**{name: value for name, value in view.items() if name not in VIEWS_WITH}).to_dict()
    except (SlackObjectFormationError, TypeError) as error:
        yield f"view: {error}"
    yield from _blocks(view.get("blocks") or [])


def _blocks(blocks: list[Any]) -> Iterator[str]:
    for n, block in enumerate(blocks):
        try:
            read = Block.parse(block)
            again = read.to_dict() if read is not None else None
        except (SlackObjectFormationError, TypeError, KeyError) as error:
            yield f"blocks/{n}: {error}"
            continue
        if again is None:
            yield f"blocks/{n}: no model knows {block.get('type')!r}"
        elif lost := sorted(_lost(block, again)):
            yield f"blocks/{n}: the model does not know {', '.join(lost)}"


def _lost(sent: Any, read: Any, path: str = "") -> Iterator[str]:
    """What was sent and is not there any more once a model has read it."""
    if isinstance(sent, dict) and isinstance(read, dict):
        for name, value in sent.items():
            if name in read:
                yield from _lost(value, read[name], f"{path}/{name}")
            elif value not in (None, "", [], {}):
                yield f"{path}/{name}"
    elif isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        for n, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from _lost(one, other, f"{path}/{n}")
    elif sent != read:
        yield path
