"""The form for a video as Discord's modal. It has five rows at most, so the rarer options share a line.

A form can be sent after a restart of the process that showed it: its id names the draft that it was filled in from,
and the values are read from what Discord sends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import discord

from bots.discord.inbound.modal_inputs import inputs_of
from core.domain.requests.drafts import Draft, request_of, takes_of, with_option
from core.domain.requests.drafts import with_pictures as given_to
from core.domain.requests.options import OPTIONS, VENDOR_OPTIONS, Option, as_typed, typed_value
from core.domain.requests.pictures import by_order
from core.domain.requests.reading import read, written
from core.domain.requests.refusals import UnknownOption
from core.domain.requests.request import PROMPT_MAX, REFERENCES_MAX, TAKES_MAX, VideoRequest
from core.domain.requests.tiers import TierName
from core.replies.chat.words import cut
from core.replies.languages.say import later, say
from core.replies.requests.forms import ASPECTS, tier_lines

FORM_ID = re.compile(r"nd:form:(?P<draft>[0-9a-f]{32}|0)(?P<shown>:v?h?)?")
VEIL, HIDDEN = "v", "h"
"""In the form's id: its video is behind a veil, and in no gallery."""
TITLE = later("Make a video")
TEXT_MAX = 100
"""Characters of an option's label, of its description, and of a placeholder."""
MORE_MAX = 1000
MORE = (Option.SECONDS, Option.AUDIO, *VENDOR_OPTIONS, Option.TAKES)
"""The options that share a line."""
VEILED, VEILED_FLAG = "SPOILER_", 1 << 3
"""The file name prefix and the flag by which Discord marks a spoiler; either is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The content of a sent form.

    Args:
        source: the draft that the form was filled in from, which has its pictures.
        pictures: addresses of the files that were put into it.
        is_veiled: one of the pictures is marked as a spoiler.
    """

    draft: Draft
    source: UUID | None
    pictures: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    is_veiled: bool = False


def form(draft: Draft, draft_id: UUID | None, prices: Mapping[TierName, int]) -> discord.ui.Modal:
    """The form, filled in with a draft. `prices`: by tier, for a video of this kind."""
    request, takes = request_of(with_option(draft, Option.TAKES, None)), min(TAKES_MAX, takes_of(draft))
    shown = (VEIL if draft.is_veiled else "") + ("" if draft.is_shown else HIDDEN)
    form_id = f"nd:form:{draft_id.hex if draft_id else 0}{f':{shown}' if shown else ''}"
    modal = discord.ui.Modal(title=say(TITLE), custom_id=form_id)
    more = _more(request, takes) if draft_id is not None else _with_addresses(_more(request, takes), draft)
    for row in _rows(request, more, prices):
        modal.add_item(row)
    modal.stop()  # discord.py need not remember it
    return modal


def filled(data: Mapping[str, Any]) -> Filled:
    """Read a sent form.

    Raises:
        UnknownOption: the line of other options contains words that are no option.
    """
    found = FORM_ID.fullmatch(str(data.get("custom_id", "")))
    source = UUID(found["draft"]) if found and found["draft"] != "0" else None
    parts = {str(part["custom_id"]): part for part in inputs_of(data.get("components") or []) if "custom_id" in part}
    chosen = {name: _chosen(parts.get(name.value, {})) for name in (Option.TIER, Option.ASPECT)}
    options = " ".join(written(name, value) for name, value in chosen.items() if value)
    more = str(parts.get("more", {}).get("value") or "")
    prompt = str(parts.get("prompt", {}).get("value") or "")
    files = (data.get("resolved") or {}).get("attachments") or {}
    given = [files[str(each)] for each in parts.get("pictures", {}).get("values") or [] if str(each) in files]
    shown = (found["shown"] or "") if found else ""
    draft = Draft(text=", ".join(filter(None, (options, more, prompt))))
    return Filled(
        draft=replace(draft, is_veiled=VEIL in shown, is_shown=HIDDEN not in shown),
        source=source,
        pictures=tuple(str(file["url"]) for file in given),
        sizes=tuple(int(file.get("size") or 0) for file in given),
        is_veiled=any(_is_veiled(file) for file in given),
    )


def not_understood(data: Mapping[str, Any]) -> UnknownOption | None:
    """The refusal of words in the line of other options that are no option; None where all are."""
    parts = {str(part["custom_id"]): part for part in inputs_of(data.get("components") or []) if "custom_id" in part}
    left = read(str(parts.get("more", {}).get("value") or "")).prompt
    return UnknownOption(option="option", value=left, known=_examples()) if left else None


def with_pictures(draft: Draft, source: Draft | None, pictures: tuple[str, ...]) -> Draft:
    """The draft with the form's pictures, or else those of its source draft, and with that draft's visibility."""
    settled = source.settled if source is not None else ()
    if source is not None:
        draft = replace(draft, is_veiled=source.is_veiled, is_shown=source.is_shown)
    if pictures:
        return replace(given_to(draft, by_order(pictures)), settled=settled)
    if source is None:
        return draft
    return replace(
        draft,
        settled=settled,
        first=source.first,
        last=source.last,
        references=source.references,
        first_frame=source.first_frame,
        last_frame=source.last_frame,
        reference_keys=source.reference_keys,
    )


def _is_veiled(file: Mapping[str, Any]) -> bool:
    return str(file.get("filename", "")).startswith(VEILED) or bool(int(file.get("flags") or 0) & VEILED_FLAG)


def _chosen(part: Mapping[str, Any]) -> str:
    values = part.get("values") or []
    return str(values[0]) if values else ""


def _rows(request: VideoRequest, more: str, prices: Mapping[TierName, int]) -> Iterator[discord.ui.Label[Any]]:
    yield discord.ui.Label(
        text=say("What should the video show?"),
        component=discord.ui.TextInput(
            custom_id="prompt",
            style=discord.TextStyle.paragraph,
            max_length=PROMPT_MAX,
            default=request.prompt[:PROMPT_MAX] or None,
            placeholder=say("A red fox trots through the snow at dusk"),
        ),
    )
    tiers = [
        discord.SelectOption(
            label=cut(line.text, TEXT_MAX),
            value=line.tier,
            description=cut(line.blurb, TEXT_MAX),
            default=line.tier == request.tier.value,
        )
        for line in tier_lines(prices)
    ]
    if tiers:
        yield discord.ui.Label(text=say("Quality"), component=discord.ui.Select(custom_id="tier", options=tiers))
    shapes = [
        discord.SelectOption(label=say(label), value=value, default=value == request.aspect.value)
        for value, label in ASPECTS.items()
    ]
    yield discord.ui.Label(text=say("Shape"), component=discord.ui.Select(custom_id="aspect", options=shapes))
    yield discord.ui.Label(
        text=say("Other options"),
        description=cut(say("{names}: as in a command, in any order", names=", ".join(MORE)), TEXT_MAX),
        component=discord.ui.TextInput(
            custom_id="more",
            required=False,
            max_length=MORE_MAX,
            default=cut(more, MORE_MAX) or None,
            placeholder=cut(" ".join(_examples()), TEXT_MAX),
        ),
    )
    yield discord.ui.Label(
        text=say("Pictures"),
        description=say("One begins the video, two begin and end it; three or four show what is to be in it"),
        component=discord.ui.FileUpload(custom_id="pictures", required=False, min_values=0, max_values=REFERENCES_MAX),
    )


def _with_addresses(more: str, draft: Draft) -> str:
    """The line of other options with the addresses of pictures, where no draft has them; whole, or not at all."""
    references = ((Option.REFERENCE, each) for each in draft.references)
    for option, address in ((Option.IMAGE, draft.first), (Option.LAST_IMAGE, draft.last), *references):
        longer = f"{more} {written(option, address)}".strip() if address else more
        more = longer if len(longer) <= MORE_MAX else more
    return more


def _more(request: VideoRequest, takes: int) -> str:
    options = {
        Option.SECONDS: typed_value(request.duration_s),
        Option.AUDIO: typed_value(request.audio),
        **dict(as_typed(request)),
        Option.TAKES: str(takes) if takes > 1 else "",
    }
    return " ".join(written(option, value) for option, value in options.items() if value)


def _examples() -> tuple[str, ...]:
    return tuple(written(option, OPTIONS[option].example) for option in MORE)
