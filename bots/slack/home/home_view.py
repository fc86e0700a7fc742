"""Draws the App Home of one person: the balance, running and last videos, and for admins the settings."""

import json
from collections.abc import Sequence
from hashlib import sha256

from bots.slack.api.literal import escaped
from bots.slack.drawing import render
from bots.slack.drawing.render import Block
from core.db.generations.earlier import Earlier
from core.domain.text import clean
from core.replies.chat.card import Action, Button, Card, Text
from core.replies.chat.tier_names import label
from core.replies.chat.words import cut
from core.replies.generations.own import status
from core.replies.languages.say import say
from core.replies.rules.presets import PresetList
from core.usecases.generations.overview import Overview

MAKE = "home_make"
BLOCKS_MAX = 100
PROMPT_MAX = 150
"""Characters of a prompt in one line of the list."""
PRESETS_MAX = 12
_ROOM_FOR_SETTINGS = 45
_NOTICE_MAX = 20


def home(
    *,
    balance: Card,
    mine: Overview | Card,
    notices: Sequence[Block],
    presets: PresetList | None,
    managed: Sequence[Card],
    pictures: bool,
) -> Block:
    """The view.

    Args:
        balance: the card with the team's balance.
        mine: the person's videos, or a card that says why they cannot be shown.
        notices: the blocks that answer the last press here; they come first.
        presets: the presets of the workspace, with buttons for managers.
        managed: the cards that only managers see: settings and rules.
        pictures: whether Slack can fetch stills of the videos from us.
    """
    top: list[Block] = [*notices[:_NOTICE_MAX], *([_divider()] if notices else [])]
    top += [_header("Neverdark"), _make(), *render.blocks(balance)]
    low: list[Block] = _presets(presets) if presets is not None else []
    for card in managed:
        low += [_divider(), *render.blocks(card)]
    room = BLOCKS_MAX - len(top) - min(len(low), _ROOM_FOR_SETTINGS)
    middle = [_divider(), *render.blocks(mine)] if isinstance(mine, Card) else _videos(mine, pictures=pictures)
    blocks = [*top, *middle[:room], *low[:_ROOM_FOR_SETTINGS]]
    return {"type": "home", "callback_id": "home", "blocks": _apart(blocks)}


def closed(why: Card) -> Block:
    """The view for a person who may not use the app here."""
    return {"type": "home", "callback_id": "home", "blocks": render.blocks(why)}


def digest(view: Block) -> str:
    """A digest that differs between two views."""
    return sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()


def _videos(mine: Overview, *, pictures: bool) -> list[Block]:
    blocks: list[Block] = [_divider(), _header(say("Under way"))]
    if not mine.running:
        blocks += render.blocks(
            Card(title=say("Nothing right now"), parts=(Text(say("What you ask for is listed here.")),))
        )
    for video in mine.running:
        words = f"*{_quoted(video.prompt)}*\n{render.escape(label(video.tier))} · {status(video)}"
        cancel = _drawn(Button(Action.CANCEL, say("Cancel"), str(video.id)))
        blocks.append(_section(words) | {"accessory": cancel})
    blocks += [_divider(), _header(say("Your last videos"))]
    if not mine.last:
        blocks += render.blocks(
            Card(title=say("None yet"), parts=(Text(say("Describe one after /video, or press the button.")),))
        )
    blocks += [_line(each, mine.links.get(each.id), pictures=pictures) for each in mine.last]
    return blocks


def _presets(known: PresetList) -> list[Block]:
    """The presets, each with its button; nothing where there are none."""
    if not known.lines and known.new is None:
        return []
    blocks: list[Block] = [_divider(), _header(say("Presets"))]
    if not known.lines:
        blocks.append(_section(say("None yet. A preset is a name for words and a look: /video a red fox preset:noir")))
    for line in known.lines[:PRESETS_MAX]:
        words = f"*{_quoted(line.name, marks='')}*"
        block = _section(f"{words}\n{_quoted(line.words, marks='')}" if line.words else words)
        if line.change is not None:
            block["accessory"] = _drawn(line.change)
        blocks.append(block)
    if len(known.lines) > PRESETS_MAX:
        blocks.append(_section(say("And {n} more.", n=len(known.lines) - PRESETS_MAX)))
    if known.new is not None:
        blocks.append({"type": "actions", "elements": [_drawn(known.new)]})
    else:
        blocks.append(_section(say("Put preset: and a name behind a description to use one.")))
    return blocks


def _drawn(button: Button) -> Block:
    drawn: Block = render.blocks(Card(title="", parts=(button,)))[-1]["elements"][0]
    return drawn


def _section(words: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _line(video: Earlier, link: str | None, *, pictures: bool) -> Block:
    when = (
        f"<!date^{int(video.created_at.timestamp())}^{{date_short_pretty}}, {{time}}|{video.created_at:%d %b, %H:%M}>"
    )
    words = f"*{_quoted(video.prompt)}*\n{render.escape(label(video.tier))} · {status(video)} · {when}"
    if link is not None:
        words += f"\n<{link}|{say('Watch it')}>"
    block = _section(words)
    if link is not None and pictures:
        alt = cut(clean(video.prompt), 150) or say("a video")
        block["accessory"] = {"type": "image", "image_url": f"{link}.jpg", "alt_text": alt}
    return block


def _quoted(prompt: str, *, marks: str = "“”") -> str:
    """A person's text in one line of mrkdwn, so that nothing in it is read as a format, a mention or a link."""
    words = escaped(cut(" ".join(clean(prompt).split()), PROMPT_MAX))
    return f"{marks[:1]}{words}{marks[1:]}" if words else say("(its words are not kept any more)")


def _make() -> Block:
    button = {
        "type": "button",
        "action_id": MAKE,
        "style": "primary",
        "text": {"type": "plain_text", "text": say("Make a video")},
    }
    return {"type": "actions", "elements": [button]}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _divider() -> Block:
    return {"type": "divider"}


def _apart(blocks: list[Block]) -> list[Block]:
    """The blocks, each with an id of its own, because Slack wants different ids in one view."""
    return [{**block, "block_id": f"home_{number}"} for number, block in enumerate(blocks)]
