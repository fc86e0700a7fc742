"""Refusals about budgets, gifts, links and approval, as sentences that say what to do."""

from core.domain.chat.principal import Belongs
from core.domain.errors import Refused
from core.domain.requests.refusals import (
    CannotCheck,
    Decided,
    Incomplete,
    NoGift,
    NoLink,
    NotAnAdmin,
    NotOfThisWorkspace,
    WrongAmount,
)
from core.replies.chat.words import credit_count, cut

VALUE_MAX = 40

_GIFTS = {
    "to_oneself": ("That would change nothing", "A gift is from one member to another."),
    "no_budget": (
        "There is no monthly budget to give from or to",
        "A gift moves what is left of one member's monthly budget to another's, so both need one. An admin sets it.",
    ),
    "unknown_member": ("This person is not of your team", "Nothing was given."),
    "key_conflict": ("This was asked once already, with another amount", "Nothing was given now."),
}
_LINKS = {
    "unknown_code": ("This code is not known", "A code is good for 10 minutes, and a newer one replaces it."),
    "expired": ("This code is too old", "It was good for 10 minutes. Ask for a new one where you got it."),
    "used": ("This code was used already", "Each code joins one workspace. Ask for a new one where you got it."),
    "same_team": ("These workspaces share their credits already", "There is nothing to link."),
    "frozen": ("One of the two teams is frozen", "Ask whoever runs Neverdark for you."),
    "not_linked": ("This workspace is not linked", "Its credits are its own."),
}


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for refusals about something else."""
    match refusal:
        case NotAnAdmin():
            return (
                "Only an admin may do this",
                "In this workspace that is for those who manage it. Nothing was changed.",
            )
        case Decided(approved=True):
            return "It was approved already", "The video is paid for once, and on its way."
        case Decided():
            return "It was declined already", "Nothing was taken. Whoever asked may ask again."
        case WrongAmount(value=value):
            return f"“{cut(value, VALUE_MAX)}” is no number of credits", "Write a whole number, such as 500, or off."
        case Incomplete(usage=usage):
            return "That is not quite it", "\n".join(("Write it like this:", *usage))
        case _:
            return _words_about_people(refusal) or _words_about_sharing(refusal)


def _words_about_people(refusal: Refused) -> tuple[str, str] | None:
    match refusal:
        case CannotCheck():
            return (
                "I cannot check that right now",
                "Who you are here is not answered at this moment. Nothing was done: please try again in a minute.",
            )
        case NotOfThisWorkspace(belongs=belongs):
            who = "guests" if belongs == Belongs.GUEST else "people of other workspaces"
            return (
                f"This workspace does not make videos for {who}",
                "Its members pay for them. An admin of it can change that in /settings.",
            )
        case _:
            return None


def _words_about_sharing(refusal: Refused) -> tuple[str, str] | None:
    match refusal:
        case NoGift(why="exceeds_budget", amount=amount):
            return (
                f"There are no {credit_count(amount)} left to give",
                "What is left of this month's budget is less. Nothing was given.",
            )
        case NoGift(why=why):
            return _GIFTS.get(why, ("This gift cannot be given", "Nothing was given."))
        case NoLink(why=why):
            return _LINKS.get(why, ("These workspaces cannot be linked", "Nothing was changed."))
        case _:
            return None
