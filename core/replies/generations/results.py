"""The last message about a generation: the video with at most four lines above it, or the reason why there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.generation import Generation, Outcome
from core.domain.generations.state_reason import AtVendor
from core.domain.ids import ProviderName
from core.domain.requests.fallback import Fallback
from core.domain.requests.pictures import PICTURE_GONE
from core.replies.chat.card import Action, Button, Card, LinkButton, Part, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count, day_and_time, listed
from core.replies.generations.approval import not_let_go
from core.replies.generations.choices import after_success, edit
from core.replies.generations.made import shortfall, what_came
from core.replies.generations.view import View, rounded, so_far
from core.replies.languages.say import amount, later, say

NO_FILE = later("It cannot be posted here as a file. The people who run this bot can give it to you.")


def result(view: View) -> Card:
    """The last message: it has the video, or says why there is none."""
    match view.generation.outcome:
        case Outcome.SUCCEEDED:
            return _success(view)
        case Outcome.CANCELLED:
            return not_let_go(view.generation) or _cancelled(view)
        case _:
            return _failure(view)


def too_large(view: View) -> Card:
    """The last message about a video that this platform does not take as a file."""
    card = _success(view)
    note = Text(say("It cannot be posted here as a file: watch it with the button.") if view.link else say(NO_FILE))
    return replace(card, parts=(note, *card.parts))


def at_vendor(view: View, where: AtVendor) -> Card:
    """The last message about a video that could not be stored, while its vendor still has it."""
    card = _success(view)
    note = Text(
        say(
            "I could not keep a copy, so please save it from its maker before {until}; after that it is gone.",
            until=day_and_time(where.until),
        )
    )
    return replace(card, parts=(note, LinkButton(say("Get the video"), where.url), *card.parts))


def _success(view: View) -> Card:
    generation = view.generation
    parts: list[Part] = [Text(line) for line in _different(view)]
    parts.append(SmallPrint(" · ".join(_small_print(view))))
    if view.link:
        parts.append(LinkButton(say("Watch"), view.link))
    parts.extend(after_success(view))
    return Card(title=say("Your video is ready"), tone=Tone.GOOD, parts=tuple(parts), ping=generation.user_id)


def _different(view: View) -> Iterator[str]:
    """At most two lines: the provider that stood in, and the differences from the request."""
    winner = view.winner
    maker = view.label(winner.provider) if winner else say("a provider")
    yield from so_far(view, maker=maker)
    short = shortfall(view.generation, maker)
    otherwise = [*rounded(winner.fitted.roundings, maker)] if winner else []
    if short is not None:
        otherwise.append(short)
    if otherwise:
        yield " ".join(otherwise)


def _small_print(view: View) -> Iterator[str]:
    """71 credits (64 back) · 1080p · 8 s · silent · AI-generated."""
    generation = view.generation
    paid = generation.settled if generation.settled is not None else generation.consumed
    price = credit_count(paid) if generation.consumed else say("free")
    back = generation.consumed - paid
    yield say("{price} ({n} back)", price=price, n=amount(back)) if back > 0 else price
    if view.winner is not None:
        yield from what_came(generation.clip, view.winner.fitted)
    yield say("AI-generated")


def _cancelled(view: View) -> Card:
    again = Button(Action.AGAIN, say("Make it after all"), str(view.generation.id))
    return Card(
        title=say("Cancelled"), tone=Tone.QUIET, parts=(*_given_back(view.generation), again, edit(view.generation))
    )


def _failure(view: View) -> Card:
    generation = view.generation
    heading, advice = _why_failed(view)
    parts: list[Part] = [Text(advice), *_given_back(generation)]
    if generation.error_class is ErrorClass.CONTENT_POLICY:
        if (other := view.other) is not None:
            label = say(
                "Ask {maker}: up to {credits}",
                maker=view.label(other.provider),
                credits=credit_count(other.credits),
            )
            parts.append(Button(Action.AGAIN, label, str(generation.id), primary=True))
    elif not _lost_its_picture(generation):
        parts.append(Button(Action.AGAIN, say("Try again"), str(generation.id)))
    if not _lost_its_picture(generation):
        parts.append(edit(generation))
    return Card(title=heading, tone=Tone.BAD, parts=tuple(parts), ping=generation.user_id)


def _given_back(generation: Generation) -> Iterator[SmallPrint]:
    """The cost of a generation without a video."""
    kept = generation.settled or 0
    if not generation.consumed or kept == generation.consumed:
        yield SmallPrint(say("It cost nothing.") if not kept else credit_count(kept))
    elif kept:
        back = credit_count(generation.consumed - kept)
        yield SmallPrint(say("{price} ({back} back)", price=credit_count(kept), back=back))
    else:
        yield SmallPrint(say("It cost nothing: {credits} are back.", credits=credit_count(generation.consumed)))


def _lost_its_picture(generation: Generation) -> bool:
    return generation.reason.why == PICTURE_GONE


def _why_failed(view: View) -> tuple[str, str]:
    request = view.generation.request
    if _lost_its_picture(view.generation):
        return (
            say("The picture for this video is gone"),
            say("I do not have it any more. Please ask again with the picture."),
        )
    tried = listed([view.label(provider) for provider in _tried(view)])
    match view.generation.error_class:
        case ErrorClass.CONTENT_POLICY:
            return _why_refused(view)
        case ErrorClass.INVALID_REQUEST:
            change = (
                say("Change the description, the picture or the options, and ask again.")
                if request.first_frame is not None
                else say("Change the description or the options, and ask again.")
            )
            nobody = say("{makers} did not accept this request.", makers=tried or say("The provider"))
            return say("This could not be made"), f"{nobody} {change}"
        case _ if tried:
            told = [say("{makers} tried, and could not finish in time.", makers=tried)]
            if view.generation.fallback is Fallback.NEVER:
                told.append(say("Nobody else was asked, as set in /settings."))
            told.append(
                say("Few models can end on a given picture: more can try without the last one.")
                if request.last_frame is not None
                else say("Try again in a few minutes.")
            )
            return say("No video this time"), " ".join(told)
        case _:
            return (
                say("No video this time"),
                say("Every provider was busy the whole time. Try again in a few minutes."),
            )


def _why_refused(view: View) -> tuple[str, str]:
    """What was refused, whose rule it is, and what the person can do."""
    refusers = [a for a in view.attempts if a.error_class is ErrorClass.CONTENT_POLICY]
    names = list(dict.fromkeys(view.label(attempt.provider) for attempt in refusers))
    last = (refusers[-1].refusal if refusers else None) or Refusal()
    things = _THINGS_TO_SEE if view.generation.request.first_frame is not None else _THINGS_TO_READ
    heading, advice = map(say, things[last.subject])
    if view.other is not None:
        send = say("Or send it to {maker} with the button.", maker=view.label(view.other.provider))
        advice = f"{advice} {send}"
    return heading, f"{_whose_rule(last, names)} {advice}"


def _whose_rule(refusal: Refusal, names: Sequence[str]) -> str:
    makers = listed(names) or say("The provider")
    if refusal.subject is Subject.OUTPUT:
        return say("{makers} made it, and a final check held the video back. That can be chance.", makers=makers)
    if refusal.rule is Rule.VENDOR:
        return say("A house rule of {makers} forbids this; others may allow it.", makers=makers)
    return say("The content rules of {makers} forbid this.", makers=makers)


_DESCRIBE = later("Describe it differently and ask again.")
_ANOTHER_PICTURE = later("Take another picture, or describe it differently, and ask again.")
_DESCRIPTION_REFUSED = later("This description was refused")
_VIDEO_REFUSED = later("This video was refused")
_THINGS_TO_READ = {
    Subject.WORDS: (_DESCRIPTION_REFUSED, _DESCRIBE),
    Subject.PICTURE: (_DESCRIPTION_REFUSED, _DESCRIBE),
    Subject.OUTPUT: (_VIDEO_REFUSED, _DESCRIBE),
    Subject.UNKNOWN: (_DESCRIPTION_REFUSED, _DESCRIBE),
}
_THINGS_TO_SEE = {
    Subject.WORDS: (_DESCRIPTION_REFUSED, _DESCRIBE),
    Subject.PICTURE: (later("This picture was refused"), _ANOTHER_PICTURE),
    Subject.OUTPUT: (_VIDEO_REFUSED, _ANOTHER_PICTURE),
    Subject.UNKNOWN: (later("This picture or its description was refused"), _ANOTHER_PICTURE),
}


def _tried(view: View) -> list[ProviderName]:
    return list(dict.fromkeys(attempt.provider for attempt in view.attempts))
