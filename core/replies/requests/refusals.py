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
from core.replies.languages.say import amount, later, say
from core.replies.requests import refused_pictures, refused_places, refused_results, refused_rules

EXAMPLE = "/video a red fox in the snow"
VALUE_MAX = 40
_OVER = {
    "member": later("This would go over your budget"),
    "channel": later("This would go over this channel's budget"),
    "team": later("This would go over your team's budget"),
}
_NOT_YOURS = {
    "cancel": later("This is not yours to cancel"),
    "delete": later("This is not yours to delete"),
    "share": later("This is not yours to share"),
}


def refused(refusal: Refused) -> Card:
    """The card of a refusal."""
    heading, advice = _elsewhere(refusal) or _words(refusal)
    return Card(title=heading, tone=Tone.WARNING, parts=(Text(advice), *refused_rules.whose(refusal)))


def _elsewhere(refusal: Refused) -> tuple[str, str] | None:
    subjects = (refused_commands, refused_pictures, refused_places, refused_results, refused_rules)
    return next((found for subject in subjects if (found := subject.words(refusal)) is not None), None)


def refused_for_credits(refusal: Insufficient, *, topup_url: str) -> Card:
    """The card of a refusal for missing credits, for an admin, who can add some."""
    card = refused(refusal)
    return replace(card, parts=(*card.parts, LinkButton(say(TOPUP), topup_url)))


def database_away(*, unclear: bool) -> Card:
    """Postgres cannot be reached. `unclear`: it went away while we were writing."""
    if unclear:
        advice = say(
            "If it was, everything goes on by itself within a minute. "
            "If nothing comes, nothing was paid: please ask again."
        )
        return Card(title=say("I cannot say right now whether this was taken"), tone=Tone.BAD, parts=(Text(advice),))
    return Card(
        title=say("I cannot do this right now. Nothing was taken: please try again in a minute."),
        tone=Tone.BAD,
    )


def broken() -> Card:
    """The card after a bug of ours."""
    return Card(
        title=say("That did not work, and it is my fault"),
        tone=Tone.BAD,
        parts=(Text(say("Please try again. If it keeps happening, tell the people who run this bot.")),),
    )


def form_not_opened() -> Card:
    """The card where the chat did not open a form: it lets an app do so for some seconds after the press."""
    return Card(
        title=say("The form did not open"),
        tone=Tone.BAD,
        parts=(Text(say("It took too long, or the chat did not take it. Nothing was taken: please try again.")),),
    )


def _words(refusal: Refused) -> tuple[str, str]:
    match refusal:
        case PromptMissing():
            return say("What should the video show?"), say(
                "Describe it after the command, like this: {example}", example=EXAMPLE
            )
        case PromptTooLong(length=length, length_max=most):
            return (
                say("That description is too long"),
                say(
                    "It has {length} characters, and {most} is the limit. Shorten it and send it again.",
                    length=amount(length),
                    most=amount(most),
                ),
            )
        case DurationOutOfRange(duration_s=asked, duration_s_min=least, duration_s_max=most):
            return (
                say("I cannot make {asked} seconds", asked=asked),
                say("Ask for {least} to {most} seconds, for example seconds:8.", least=least, most=most),
            )
        case UnknownOption(option=option, value=value, known=known):
            return (
                say("“{value}” is not a known {option}", value=cut(value, VALUE_MAX), option=option),
                say(
                    "Choose {words}, for example {option}:{known}.", words=either(known), option=option, known=known[0]
                ),
            )
        case TooManyTakes(takes=takes, takes_max=most):
            return say("{takes} takes at once are too many", takes=takes), say(
                "Up to {most} takes are made at once.", most=most
            )
        case DraftGone():
            return say("This is too old, or belongs to somebody else"), say(
                "What you typed is kept for a day. Ask again with /video."
            )
        case NotANumber(option=option, value=value):
            return say("“{value}” is not a number", value=cut(value, VALUE_MAX)), say(
                "Write it like this: {option}:8.", option=option
            )
        case _:
            return _words_about_money(refusal)


def _words_about_money(refusal: Refused) -> tuple[str, str]:
    match refusal:
        case Insufficient(needed=needed, balance=balance, affordable=affordable):
            tiers = [say("tier:{tier} (up to {price})", tier=tier, price=amount(price)) for tier, price in affordable]
            way = say("It is enough for {words}.", words=either(tiers)) if tiers else say("An admin can add credits.")
            return (
                say(
                    "This needs up to {credits}, and your team has {balance}",
                    credits=credit_count(needed),
                    balance=amount(balance),
                ),
                f"{say('Nothing was taken.')} {way}",
            )
        case OverBudget(whose=whose, needed=needed, affordable=affordable):
            tiers = [say("tier:{tier} (up to {price})", tier=tier, price=amount(price)) for tier, price in affordable]
            advice = say(
                "It needs up to {credits}. Nothing was taken. An admin can raise the budget.",
                credits=credit_count(needed),
            )
            way = say("It is enough for {words}.", words=either(tiers)) if tiers else ""
            return say(_OVER[whose]), f"{advice} {way}".strip()
        case TooBusy(wait_s=wait_s, allowed_s=allowed_s, quicker=quicker):
            tiers = [say("tier:{tier} (up to {price})", tier=tier, price=amount(price)) for tier, price in quicker]
            way = say("Quicker right now: {words}.", words=either(tiers)) if tiers else say("Please try again later.")
            return (
                say("The queue is too long: it would take {time} or more to start", time=minutes(wait_s)),
                f"{say('A video waits {time} at most. Nothing was taken.', time=minutes(allowed_s))} {way}",
            )
        case TeamFrozen():
            return say("Your team's credits are frozen"), say(
                "Nothing was taken. The people who run this bot can help."
            )
        case NoProvider():
            return say("No provider here makes this tier"), say(
                "Nothing was taken. Choose another tier, or leave it out."
            )
        case _:
            return _words_about_buttons(refusal)


def _words_about_buttons(refusal: Refused) -> tuple[str, str]:
    match refusal:
        case UnknownGeneration():
            return say("I do not have this video any more"), say("Ask for a new one with /video.")
        case ForgedButton():
            return (
                say("This button does not work any more"),
                say("Nothing was changed. Type the command instead: /video, /credits or /settings."),
            )
        case NotYours(what=what):
            return say(_NOT_YOURS.get(what, later("This is not yours to change"))), say(
                "Only the person who asked for the video, or an admin, may do that."
            )
        case TooLate(outcome=None):
            return say("Too late to cancel"), say("Your video is made, and on its way to this thread.")
        case TooLate():
            return say("It is over already"), say("There is nothing left to cancel.")
        case _:
            raise TypeError(f"no words for {type(refusal).__name__}") from refusal
