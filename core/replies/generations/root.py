"""The root message: the request, and, after edits, the outcome. Its title is the prompt."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from core.domain.errors import ErrorClass
from core.domain.generations.generation import Generation, Outcome, State
from core.domain.requests.request import VideoRequest
from core.domain.requests.shortfall import length
from core.domain.requests.tiers import TierName
from core.domain.text import clean
from core.replies.chat.card import Card, Part, Picture, QuotedText, SmallPrint, Text, Tone
from core.replies.chat.tier_names import best, label
from core.replies.chat.words import credit_count
from core.replies.generations.approval import verdict
from core.replies.generations.made import came
from core.replies.generations.view import View
from core.replies.languages.say import say, say_count

TITLE_MAX = 120
LONG_MAX = 1000
FILE_NAME_MAX = 48
FILE_NAME_LEAST = 3


def title(request: VideoRequest, *, length: int = 80) -> str:
    """The prompt's beginning, for a title, a thread's name, or a description of the video in words."""
    return clean(request.prompt, length=length)


def file_name(generation: Generation, *, take: int = 0) -> str:
    """The prompt's beginning in plain letters, which every platform and disk takes as the name of a file."""
    plain = unicodedata.normalize("NFKD", generation.request.prompt).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: FILE_NAME_MAX + 1]
    if len(words) > FILE_NAME_MAX:
        words = words.rpartition("-")[0] or words[:FILE_NAME_MAX]
    name = words if len(words) >= FILE_NAME_LEAST else f"video-{generation.id.hex[:8]}"
    return f"{name}-{take}.mp4" if take else f"{name}.mp4"


def root(
    request: VideoRequest, *, credits_held: int, asked_by: str | None = None, asks: bool = False, takes: int = 1
) -> Card:
    """The message in the channel under which the thread opens.

    Args:
        asked_by: the person's name, where the platform does not show it by itself.
        asks: whether it waits for an admin's approval.
        takes: the number of videos that are made at once.
    """
    facts = (
        *_who(asked_by),
        best() if request.tier is TierName.DEFAULT else say("{tier} tier", tier=label(request.tier)),
        say("{n} s", n=request.seconds),
        request.aspect.value,
        *_pictures(request),
        *([say("{n} takes", n=takes)] if takes > 1 else []),
        say("up to {credits}", credits=credit_count(credits_held)),
    )
    asking = (Text(say("Waiting for an admin")),) if asks else ()
    return Card(
        title=title(request, length=TITLE_MAX),
        tone=Tone.WARNING if asks else Tone.QUIET,
        parts=(*_all_of_it(request), *asking, SmallPrint(" · ".join(facts))),
    )


def begun_root(generation: Generation, *, asks: bool = False) -> Card:
    """The root message of a generation as it was first posted."""
    return root(
        generation.request,
        credits_held=generation.quoted * generation.takes,
        asked_by=generation.asked_by,
        asks=asks,
        takes=generation.takes,
    )


def root_now(view: View, *, is_said: bool = True) -> Card:
    """The root message with the present state.

    Args:
        is_said: of a generation that has ended: whether its last message was posted.
    """
    generation = view.generation
    asks = generation.state is State.ASKING
    begun = begun_root(generation, asks=asks)
    if generation.outcome is None:
        if generation.state is State.QUEUED and generation.reason.waiting:
            return replace(begun, parts=(Text(say("Waiting for its turn")), *begun.parts))
        return begun
    status, tone = _status(view) if is_said else (say("It could not be posted here"), Tone.BAD)
    parts: list[Part] = [Text(status)]
    if is_said and view.poster is not None and not generation.request.is_veiled:
        parts.append(Picture(view.poster, alt=title(generation.request, length=300)))
    parts.extend(SmallPrint(who) for who in _who(generation.asked_by))
    return replace(begun, tone=tone, parts=tuple(parts))


def _status(view: View) -> tuple[str, Tone]:
    generation = view.generation
    match generation.outcome:
        case Outcome.SUCCEEDED:
            maker = [view.label(view.winner.provider)] if view.winner else []
            how_long = [length(came(generation.clip))] if generation.clip is not None else []
            return " · ".join((say("Ready"), *maker, *how_long)), Tone.GOOD
        case Outcome.CANCELLED:
            return verdict(generation) or say("Cancelled"), Tone.QUIET
        case _:
            refused = generation.error_class is ErrorClass.CONTENT_POLICY
            return say("Refused") if refused else say("No video this time"), Tone.BAD


def _who(asked_by: str | None) -> Iterator[str]:
    if asked_by:
        yield say("asked by {name}", name=asked_by)


def _all_of_it(request: VideoRequest) -> Iterator[Part]:
    """The rest of the prompt, where it is longer than a title."""
    whole, head = clean(request.prompt), title(request, length=TITLE_MAX)
    if len(whole) > TITLE_MAX:
        yield QuotedText(clean(f"… {whole[len(head) - 1 :].strip()}", length=LONG_MAX))


def _pictures(request: VideoRequest) -> Iterator[str]:
    if request.first_frame is not None:
        yield say("from one picture to another") if request.last_frame is not None else say("from a picture")
    if request.references:
        yield say_count("with {n} reference", "with {n} references", len(request.references))
