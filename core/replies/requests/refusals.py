"""A refusal's facts, as a sentence that says what to do."""

from dataclasses import replace

from core.domain.errors import Refused
from core.domain.requests.refusals import (
    DraftGone,
    DurationOutOfRange,
    ForgedButton,
    Insufficient,
    NoProvider,
    NotANumber,
    NotYours,
    OverBudget,
    PromptMissing,
    PromptTooLong,
    TeamFrozen,
    TooBusy,
    TooLate,
    TooManyTakes,
    UnknownGeneration,
    UnknownOption,
)
from core.replies.chat.card import Card, LinkButton, Text, Tone
from core.replies.chat.words import credit_count, cut, either, minutes
from core.replies.credits import refused_commands
from core.replies.credits.balance import TOPUP
from core.replies.requests import refused_pictures, refused_places, refused_results, refused_rules

EXAMPLE = "/video a red fox in the snow"
VALUE_MAX = 40


def refused(refusal: Refused) -> Card:
    """What we say when we say no."""
    heading, advice = _elsewhere(refusal) or _words(refusal)
    return Card(title=heading, tone=Tone.WARNING, parts=(Text(advice), *refused_rules.whose(refusal)))


def _elsewhere(refusal: Refused) -> tuple[str, str] | None:
    subjects = (refused_commands, refused_pictures, refused_places, refused_results, refused_rules)
    return next((found for subject in subjects if (found := subject.words(refusal)) is not None), None)


def refused_for_credits(refusal: Insufficient, *, topup_url: str) -> Card:
    """The same for an admin, who can do something about it."""
    card = refused(refusal)
    return replace(card, parts=(*card.parts, LinkButton(TOPUP, topup_url)))


def database_away(*, unclear: bool) -> Card:
    """Postgres cannot be reached. `unclear`: it went away while we were writing."""
    if unclear:
        advice = (
            "If it was taken, all goes on by itself within a minute. If nothing comes, nothing was paid: ask again."
        )
        return Card(title="Neverdark cannot say right now whether this was taken", tone=Tone.BAD, parts=(Text(advice),))
    return Card(
        title="Neverdark cannot take this right now, and nothing was taken: please try again in a minute.",
        tone=Tone.BAD,
    )


def broken() -> Card:
    """A bug of ours."""
    return Card(
        title="That did not work, and it is our fault",
        tone=Tone.BAD,
        parts=(Text("Please try again. If it happens again, tell whoever runs Neverdark for you."),),
    )


def _words(refusal: Refused) -> tuple[str, str]:
    match refusal:
        case PromptMissing():
            return "What should the video show?", f"Describe it after the command, like this: {EXAMPLE}"
        case PromptTooLong(length=length, length_max=most):
            return (
                "That description is too long",
                f"It has {length} characters and may have {most}. Shorten it and send it again.",
            )
        case DurationOutOfRange(duration_s=asked, duration_s_min=least, duration_s_max=most):
            return (
                f"{asked} seconds cannot be made",
                f"Ask for {least} to {most} seconds, for example seconds:8.",
            )
        case UnknownOption(option=option, value=value, known=known):
            return (
                f"“{cut(value, VALUE_MAX)}” is no {option}",
                f"Choose {either(known)}, for example {option}:{known[0]}.",
            )
        case TooManyTakes(takes=takes, takes_max=most):
            return f"{takes} takes at once are too many", f"Up to {most} takes are made at once."
        case DraftGone():
            return "This is too old, or somebody else's", "What you typed is kept for a day. Ask again with /video."
        case NotANumber(option=option, value=value):
            return f"“{cut(value, VALUE_MAX)}” is no number", f"Write it like this: {option}:8."
        case _:
            return _words_about_money(refusal)


def _words_about_money(refusal: Refused) -> tuple[str, str]:
    match refusal:
        case Insufficient(needed=needed, balance=balance, affordable=affordable):
            tiers = [f"tier:{tier} (up to {price})" for tier, price in affordable]
            way = f" Enough for: {either(tiers)}." if tiers else " An admin can add credits."
            return (
                f"This needs up to {credit_count(needed)}, and your team has {balance}",
                f"Nothing was taken.{way}",
            )
        case OverBudget(whose=whose, needed=needed):
            owner = {"member": "your", "channel": "this channel's", "team": "your team's"}[whose]
            return (
                f"This would go over {owner} budget",
                f"It needs up to {credit_count(needed)}. Nothing was taken. An admin can raise the budget.",
            )
        case TooBusy(wait_s=wait_s, allowed_s=allowed_s, quicker=quicker):
            tiers = [f"tier:{tier} (up to {price})" for tier, price in quicker]
            way = f"Quicker now: {either(tiers)}." if tiers else "Please try again later."
            return (
                f"The queue is too long: it would be {minutes(wait_s)} or more until it begins",
                f"A video may wait {minutes(allowed_s)}. Nothing was taken. {way}",
            )
        case TeamFrozen():
            return "Your team's credits are frozen", "Nothing was taken. Ask whoever runs Neverdark for you."
        case NoProvider():
            return "Nobody makes this tier here", "Nothing was taken. Choose another tier, or leave it out."
        case _:
            return _words_about_buttons(refusal)


def _words_about_buttons(refusal: Refused) -> tuple[str, str]:
    match refusal:
        case UnknownGeneration():
            return "This video is not known any more", "Ask for a new one with /video."
        case ForgedButton():
            return (
                "This button does not work any more",
                "Nothing was changed. Type the command instead: /video, /credits or /settings.",
            )
        case NotYours(what=what):
            return f"This is not yours to {what}", "Only the person who asked for the video, or an admin, may do that."
        case TooLate(outcome=None):
            return "Too late to cancel", "The video is made and on its way to this thread."
        case TooLate():
            return "It is over already", "There is nothing left to cancel."
        case _:
            raise TypeError(f"no words for {type(refusal).__name__}") from refusal
