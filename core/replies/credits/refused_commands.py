"""Refusals about budgets, gifts, links and approval, as sentences that say what the person can do."""

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
    NotOnePlace,
    WrongAmount,
)
from core.replies.chat.words import credit_count, cut
from core.replies.languages.say import later, say
from core.replies.languages.vocabulary import place

VALUE_MAX = 40

_GIFTS = {
    "to_oneself": (later("That would change nothing"), later("A gift is from one member to another.")),
    "no_budget": (
        later("There is no monthly budget to give from or to"),
        later(
            "A gift moves what is left of one member's monthly budget to another's, so both need one. An admin sets it."
        ),
    ),
    "unknown_member": (later("This person is not of your team"), later("Nothing was given.")),
    "key_conflict": (later("This was asked once already, with another amount"), later("Nothing was given now.")),
}
_LINKS = {
    "unknown_code": (
        later("This code is not known"),
        later("A code is good for 10 minutes, and a newer one replaces it."),
    ),
    "expired": (
        later("This code is too old"),
        later("It was good for 10 minutes. Ask for a new one where you got it."),
    ),
    "used": (
        later("This code was used already"),
        later("Each code joins one workspace. Ask for a new one where you got it."),
    ),
    "same_team": (later("These workspaces share their credits already"), later("There is nothing to link.")),
    "frozen": (later("One of the two teams is frozen"), later("The people who run this bot can help.")),
    "not_linked": (later("This {place} is not linked"), later("Its credits are its own.")),
}


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for other refusals."""
    match refusal:
        case NotAnAdmin():
            return (
                say("Only an admin may do this"),
                say("It needs someone who manages this {place}. Nothing was changed.", place=place()),
            )
        case Decided(approved=True):
            return say("It was approved already"), say("The video is paid for once, and on its way.")
        case Decided():
            return say("It was declined already"), say("Nothing was taken. Whoever asked may ask again.")
        case WrongAmount(value=value):
            return say("“{value}” is no number of credits", value=cut(value, VALUE_MAX)), say(
                "Write a whole number, such as 500, or off."
            )
        case NotOnePlace():
            return say("Whom is the budget for?"), say("Choose one member, or one channel, or one of the list.")
        case Incomplete(usage=usage):
            return say("That is not quite it"), "\n".join((say("Write it like this:"), *usage))
        case _:
            return _words_about_people(refusal) or _words_about_sharing(refusal)


def _words_about_people(refusal: Refused) -> tuple[str, str] | None:
    match refusal:
        case CannotCheck():
            return (
                say("I cannot check that right now"),
                say("I could not look up who you are here. Nothing was done: please try again in a minute."),
            )
        case NotOfThisWorkspace(belongs=belongs):
            who = say("guests") if belongs == Belongs.GUEST else say("people of other workspaces")
            return (
                say("This {place} does not make videos for {who}", place=place(), who=who),
                say("Its members pay for them. An admin of it can change that in /settings."),
            )
        case _:
            return None


def _words_about_sharing(refusal: Refused) -> tuple[str, str] | None:
    match refusal:
        case NoGift(why="exceeds_budget", amount=amount):
            return (
                say("There are no {credits} left to give", credits=credit_count(amount)),
                say("What is left of this month's budget is less. Nothing was given."),
            )
        case NoGift(why=why):
            return _said(_GIFTS.get(why, (later("This gift cannot be given"), later("Nothing was given."))))
        case NoLink(why=why):
            return _said(_LINKS.get(why, (later("These workspaces cannot be linked"), later("Nothing was changed."))))
        case _:
            return None


def _said(pair: tuple[str, str]) -> tuple[str, str]:
    return say(pair[0], place=place()), say(pair[1])
