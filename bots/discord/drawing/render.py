"""Draws cards as embeds and buttons. Escaping, length limits and mentions are decided here.

A card with a video is drawn by `layout` instead, which uses the texts of this module.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, assert_never

import discord

from bots.discord.drawing.buttons import choice, custom_id, menu_id
from core.replies.chat.card import (
    MENU_MAX,
    Button,
    Card,
    Channel,
    Copyable,
    Drawing,
    Fact,
    LinkButton,
    ListLine,
    Menu,
    Moment,
    Part,
    Person,
    Picture,
    Progress,
    QuotedText,
    Role,
    SmallPrint,
    Text,
    Tone,
    Word,
    bar_line,
    plain,
    side_by_side,
)
from core.replies.chat.text_budget import TextBudget
from core.replies.chat.words import ELSEWHERE, cut
from core.replies.languages.say import say

EMBED_MAX = 5900
"""Characters. All texts of a message's embeds together have at most 6,000."""
TITLE_MAX, DESCRIPTION_MAX, FIELD_NAME_MAX, FIELD_MAX, FOOTER_MAX = 256, 4096, 256, 1024, 2048
CONTENT_MAX, LINKS_MAX = 1900, 1500
"""Characters. A message has at most 2,000, and a mention needs some of them."""
FIELDS_MAX = 25
LABEL_MAX = 80
BUTTONS_MAX = 25
PICTURED_MAX, LINE_MAX = 5, 400
ROW = 5
"""Buttons in a row; a menu takes one of the five rows alone."""
MENUS_MAX = 5
OPTION_MAX = 100
NOTHING = "\u200b"
"""A zero-width space, because Discord refuses an empty field."""

COLOURS = {
    Tone.QUIET: 0x6B7280,
    Tone.WORKING: 0x5865F2,
    Tone.GOOD: 0x2E9E6B,
    Tone.WARNING: 0xD9A514,
    Tone.BAD: 0xD4483B,
}
# Only what Discord would read as markup is escaped, so that an ordinary sentence is sent as it is.
_MARKUP = re.compile(
    r"""
      [\\*`]                               # an escape, emphasis, code
    | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9]) # underscores, but not those inside_a_word
    | ~(?=~) | (?<=~)~                     # strikethrough
    | \|(?=\|) | (?<=\|)\|                 # spoilers
    | (?<=\])\(                            # the second half of a link
    | :(?=//)                              # an address
    | <(?=[@\#:/ati!&h])                   # mentions, emojis, times, commands, addresses
    | @(?=everyone|here)
    """,
    re.VERBOSE,
)
_LINE_START = re.compile(r"^([ \t]*(?:[0-9]+(?=\. ))?)([#-](?=#{0,2} )|>(?=(?:>>)? )|\.(?= ))", re.MULTILINE)
_DANGLING = re.compile(r"(?<!\\)((?:\\\\)*)\\$")

NOBODY = discord.AllowedMentions.none()


def escape(words: str) -> str:
    """Text that Discord shows exactly as it is: without formatting, links or mentions."""
    return _LINE_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", words))


def text(card: Card) -> str | None:
    """The text outside the embed: the whole card where it is drawn as words alone, and nothing for other cards.

    Its links come last, and can be followed: an escaped address is no link.
    """
    if card.drawing is not Drawing.TEXT:
        return None
    links = [part for part in card.parts if isinstance(part, LinkButton)]
    words = replace(card, parts=tuple(part for part in card.parts if part not in links))
    linked = ""
    for link in links:
        line = f"\n{escape(cut(link.label, LABEL_MAX))}: <{link.url}>"
        linked += line if len(linked) + len(line) <= LINKS_MAX else ""
    return cut(escape(plain(words)), CONTENT_MAX - len(linked)) + linked


def embed(card: Card) -> discord.Embed:
    """The embed: everything but the buttons. Discord puts facts that stand side by side below all other text."""
    room = TextBudget(EMBED_MAX)
    drawn = discord.Embed(title=fit(escape(card.title), room, most=TITLE_MAX), colour=COLOURS[card.tone])
    footer = "\n".join(part.text for part in card.parts if isinstance(part, SmallPrint))
    if footer:
        drawn.set_footer(text=fit(footer, room, most=FOOTER_MAX))
    for facts in _rows(card):
        for fact in facts[: FIELDS_MAX - len(drawn.fields)]:
            _add(drawn, fact, room)
    for picture in card.parts:
        if isinstance(picture, Picture):
            drawn.set_image(url=picture.url)
    aside = [fact for facts in _rows(card) for fact in facts]
    if words := "\n".join(lines(card, aside=aside)):
        drawn.description = fit(words, room, most=DESCRIPTION_MAX)
    return drawn


def embeds(card: Card) -> list[discord.Embed]:
    """The embed of a card, and another one for each line that has its own picture.

    Words to be copied that are too long to stand among the others have their own embeds, so that nothing is cut off.
    """
    pictured = [part for part in card.parts if isinstance(part, ListLine) and part.picture is not None]
    apart = [part for part in card.parts if isinstance(part, Copyable)]
    if not apart or len("\n".join(lines(card))) <= DESCRIPTION_MAX:
        drawn = [embed(card)]
    else:
        drawn = [embed(replace(card, parts=tuple(part for part in card.parts if not isinstance(part, Copyable))))]
        drawn += [discord.Embed(description=fenced(part.text), colour=COLOURS[card.tone]) for part in apart]
    for line in pictured[:PICTURED_MAX]:
        one = discord.Embed(description=fit(_list_line(line), TextBudget(LINE_MAX), most=LINE_MAX))
        drawn.append(one.set_thumbnail(url=line.picture.url if line.picture else None))
    return drawn


def _rows(card: Card) -> Iterator[list[Fact]]:
    """Facts that stand side by side."""
    for is_fact, group in groupby(card.parts, key=lambda part: isinstance(part, Fact)):
        facts = [part for part in group if isinstance(part, Fact)]
        if is_fact and side_by_side(facts):
            yield facts


def lines(card: Card, *, aside: Sequence[Fact] = ()) -> Iterator[str]:
    """A card's texts with an empty line between paragraphs. `aside`: facts that are drawn elsewhere."""
    before: Part | None = None
    for part in card.parts:
        if any(part is fact for fact in aside) or (line := _line(part)) is None:
            continue
        if isinstance(part, Text) and isinstance(before, Text | Fact | ListLine):
            yield ""
        yield line
        before = part


def _line(part: Part) -> str | None:
    """A part as a piece of the embed's description; None for parts that have another place."""
    match part:
        case Text(words):
            return escape(words)
        case QuotedText(words):
            return "\n".join(f"> {escape(line)}" for line in words.splitlines())
        case Copyable(words):
            return fenced(words)
        case Progress(share, note):
            return escape(bar_line(share, note))
        case Fact(label, value):
            return f"- **{escape(label)}** {escape(value)}"
        case ListLine(picture=Picture()):
            return None
        case ListLine():
            return f"- {_list_line(part)}"
        case Picture() | SmallPrint() | Button() | LinkButton() | Menu():
            return None
        case _:
            assert_never(part)


def fenced(words: str) -> str:
    """Words as a block of code, which Discord shows to the letter: nothing in them is a mention, a link or a format.

    What would end the block is kept apart by a character that nobody sees, and that we drop when it comes back.
    """
    return f"```\n{words.replace('``', f'`{NOTHING}`')}\n```"


def _list_line(line: ListLine) -> str:
    head = f"**{escape(line.label)}** " if line.label else ""
    return f"{head}{''.join(map(_word, line.words))}"


def _word(word: Word) -> str:
    match word:
        case Person(id):
            return f"<@{id}>"
        case Role(id):
            return f"<@&{id}>" if id.isdigit() else escape(id)
        case Channel(id):
            return f"<#{id}>" if id.isdigit() else escape(say(ELSEWHERE))
        case Moment(at, with_day):
            return f"<t:{int(at.timestamp())}:{'f' if with_day else 't'}>"
        case str():
            return escape(word)
        case _:
            assert_never(word)


def _add(drawn: discord.Embed, fact: Fact, room: TextBudget) -> None:
    name = fit(escape(fact.label), room, most=FIELD_NAME_MAX)
    drawn.add_field(name=name, value=fit(escape(fact.value), room, most=FIELD_MAX), inline=True)


def fit(words: str, room: TextBudget, *, most: int) -> str:
    """Escaped text, cut where there is no room, but never inside an escape."""
    taken = room.take(words, most=most)
    if taken == words:
        return taken or NOTHING
    return _DANGLING.sub(r"\1", taken[:-1]) + "…"


def view(card: Card, *, mark: str, sells: Sequence[int] = ()) -> discord.ui.View | None:
    """The buttons of a card. Their ids say what they do, so they never expire.

    Args:
        mark: ends every id, to tell this message from others about the same generation.
        sells: SKUs of Discord's shop, one button each.
    """
    menus = card.menus[:MENUS_MAX]
    if not card.buttons and not menus and not sells:
        return None
    drawn = discord.ui.View(timeout=None)
    for part in card.buttons[: BUTTONS_MAX - ROW * len(menus)]:
        drawn.add_item(button(part, mark))
    for sku in sells:
        drawn.add_item(discord.ui.Button(style=discord.ButtonStyle.premium, sku_id=sku))
    for number, menu in enumerate(menus):
        drawn.add_item(menu_item(menu, number, mark))
    return drawn


def menu_item(menu: Menu, number: int, mark: str) -> discord.ui.Select[Any]:
    """A menu of a card. `number`: its place among the card's menus."""
    options = [
        discord.SelectOption(
            label=cut(each.label, OPTION_MAX),
            value=choice(each.action, each.subject),
            description=cut(each.hint, OPTION_MAX) or None,
        )
        for each in menu.choices[:MENU_MAX]
    ]
    placeholder = cut(menu.label, OPTION_MAX)
    return discord.ui.Select(custom_id=menu_id(number, mark), placeholder=placeholder, options=options)


def button(part: Button | LinkButton, mark: str) -> discord.ui.Button[Any]:
    """A button of a card."""
    label = cut(part.label, LABEL_MAX)
    match part:
        case LinkButton(url=url):
            return discord.ui.Button(label=label, url=url)
        case Button(action=action, subject=subject):
            style = discord.ButtonStyle.primary if part.primary else discord.ButtonStyle.secondary
            if part.danger:
                style = discord.ButtonStyle.danger
            return discord.ui.Button(label=label, style=style, custom_id=custom_id(action, subject, mark))
        case _:
            assert_never(part)


def ping(card: Card) -> tuple[str | None, discord.AllowedMentions]:
    """The message's text, and the persons whom it may notify: only the one who asked."""
    if card.ping is None or not card.ping.isdigit():
        return None, NOBODY
    allowed = discord.AllowedMentions(
        everyone=False, roles=False, replied_user=False, users=[discord.Object(int(card.ping))]
    )
    return f"<@{card.ping}>", allowed
