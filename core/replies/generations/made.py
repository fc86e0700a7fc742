"""Describes a file and its differences from the order in one line, for cards, the ledger and the history."""

from collections.abc import Sequence

from core.domain.generations.generation import Clip, Generation
from core.domain.generations.state_reason import Lack, MadeShort, StateReason
from core.domain.ids import ProviderName
from core.domain.requests.pricing import Fitted
from core.domain.requests.shortfall import Came, Shortfall, length, shape_of, size_named, size_of
from core.replies.chat.words import credit_count, listed
from core.replies.languages.say import say

_BRIEF = " (instead of "


def came(clip: Clip) -> Came:
    """The facts of a stored file."""
    return Came(width=clip.width, height=clip.height, duration_s=clip.duration_s, has_audio=clip.has_audio)


def facts(clip: Clip | None, fitted: Fitted) -> str:
    """8 s · 1080p · 16:9 · with sound: by the file, or, where there is no file, by the order.

    It is in English, because the ledger stores it.
    """
    if clip is None:
        sound = "with sound" if fitted.audio else "silent"
        return f"{fitted.duration_s} s · {size_named(fitted.lines)} · {fitted.aspect.value} · {sound}"
    file = came(clip)
    has_audio = fitted.audio if clip.has_audio is None else clip.has_audio
    return f"{length(file)} · {size_of(file)} · {shape_of(file)} · {'with sound' if has_audio else 'silent'}"


def what_came(clip: Clip | None, fitted: Fitted) -> tuple[str, ...]:
    """1080p, 8 s, silent: the same facts in the reader's language."""
    if clip is None:
        size, long, has_audio = size_named(fitted.lines), say("{n} s", n=fitted.duration_s), fitted.audio
    else:
        file = came(clip)
        size, long = size_of(file), length(file)
        has_audio = fitted.audio if clip.has_audio is None else clip.has_audio
    return size, long, say("with sound") if has_audio else say("silent")


def ledger_note(maker: ProviderName, clip: Clip, fitted: Fitted, short: Sequence[Shortfall]) -> str:
    """The note of a settlement: the provider, the facts of the file, and the order."""
    asked = f"{_BRIEF}{', '.join(each.asked for each in short)})" if short else ""
    return f"made by {maker}: {facts(clip, fitted)}{asked}"


def from_note(note: str | None) -> tuple[str, str]:
    """The facts of the file and what it lacked, read from a settlement's note; empty where it has none."""
    _, _, told = (note or "").partition(": ")
    if not (note or "").startswith("made by ") or not told:
        return "", ""
    found, _, asked = told.partition(_BRIEF)
    return found, f"instead of {asked.removesuffix(')')}" if asked else ""


def reason(short: Sequence[Shortfall], *, full: int) -> StateReason:
    """The reason that the generation's row stores. `full`: the price of the whole order."""
    lacks = tuple(Lack(what=each.what, asked=each.asked, got=each.got) for each in short)
    return StateReason(short=MadeShort(full=full, lacks=lacks) if lacks else None)


def shortfall(generation: Generation, maker: str) -> str | None:
    """One line about what is less than ordered, and the credits that come back for it."""
    short = generation.reason.short
    if short is None:
        return None
    told = listed([say("{got} instead of {asked}", got=each.got, asked=each.asked) for each in short.lacks])
    back = short.full - (generation.settled or 0)
    return say(
        "{maker} made less than you asked for: {what}. You get {credits} back for that.",
        maker=maker,
        what=told,
        credits=credit_count(back),
    )
