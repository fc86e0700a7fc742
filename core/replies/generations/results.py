"""What a person reads about one generation: the root message and the result; `progress` is the message between them."""

from collections.abc import Iterator, Sequence

from core.domain.errors import ErrorClass, Refusal, Rule, Subject
from core.domain.generations.generation import Generation, Outcome
from core.domain.generations.state_reason import AtVendor
from core.domain.ids import ProviderName
from core.domain.requests.fallback import Fallback
from core.domain.requests.pictures import PICTURE_GONE
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.text import clean
from core.replies.chat.card import Action, Button, Card, Fact, LinkButton, Part, QuotedText, SmallPrint, Text, Tone
from core.replies.chat.tier_names import BEST, label
from core.replies.chat.words import credit_count, listed
from core.replies.generations.approval import not_let_go
from core.replies.generations.choices import after_success, edit
from core.replies.generations.made import facts, shortfall
from core.replies.generations.view import View, rounded, so_far


def title(request: VideoRequest, *, length: int = 80) -> str:
    """The prompt's beginning, for a thread's name or a file's."""
    return clean(request.prompt, length=length)


def root(request: VideoRequest, *, credits_held: int, asked_by: str | None = None) -> Card:
    """The message in the channel, which is never edited; the thread opens under it."""
    facts = (
        BEST if request.tier is TierName.DEFAULT else f"{label(request.tier)} tier",
        f"{request.seconds} s",
        request.aspect.value,
        *_pictures(request),
        f"up to {credit_count(credits_held)}",
    )
    return Card(
        title=f"{asked_by} asks for a video" if asked_by else "A new video",
        tone=Tone.QUIET,
        parts=(QuotedText(request.prompt), SmallPrint(" · ".join(facts))),
    )


def _pictures(request: VideoRequest) -> Iterator[str]:
    if request.first_frame is not None:
        yield "from one picture to another" if request.last_frame is not None else "from a picture"


def result(view: View) -> Card:
    """The last word: comes with the video, or says why there is none."""
    match view.generation.outcome:
        case Outcome.SUCCEEDED:
            return _success(view)
        case Outcome.CANCELLED:
            return not_let_go(view.generation) or _cancelled(view)
        case _:
            return _failure(view)


def too_large(view: View) -> Card:
    """The last word about a video that this platform does not take as a file."""
    card = _success(view)
    where = "Watch it with the button below." if view.link else "Ask whoever runs Neverdark for the file."
    note = Text(f"It cannot be posted here as a file. {where}")
    return Card(title=card.title, tone=card.tone, parts=(note, *card.parts), ping=card.ping)


def at_vendor(view: View, where: AtVendor) -> Card:
    """The last word about a video that we could not keep, and that its maker still has."""
    card = _success(view)
    until = f"{where.until:%H:%M} UTC on {where.until.day} {where.until:%B}"
    note = Text(f"It could not be kept here, so save it from its maker before {until}: after that it is gone.")
    parts = (note, LinkButton("Get the video", where.url), *card.parts)
    return Card(title=card.title, tone=card.tone, parts=parts, ping=card.ping)


def _success(view: View) -> Card:
    generation, winner = view.generation, view.winner
    maker = view.label(winner.provider) if winner else "a provider"
    parts: list[Part] = [QuotedText(title(generation.request, length=300))]
    parts.extend(Text(line) for line in so_far(view, maker=maker))
    if (short := shortfall(generation, maker)) is not None:
        parts.append(Text(short))
    parts.extend(_money(view))
    if winner is not None:
        parts.extend(SmallPrint(line) for line in rounded(winner.fitted.roundings, maker))
        parts.append(SmallPrint(facts(generation.clip, winner.fitted)))
    if view.link:
        parts.append(LinkButton("Watch", view.link))
    parts.extend(after_success(view))
    return Card(
        title=f"Your video is ready, made by {maker}", tone=Tone.GOOD, parts=tuple(parts), ping=generation.user_id
    )


def _cancelled(view: View) -> Card:
    again = Button(Action.AGAIN, "Make it after all", str(view.generation.id))
    return Card(title="Cancelled", tone=Tone.QUIET, parts=(*_money(view), again, edit(view.generation)))


def _failure(view: View) -> Card:
    generation = view.generation
    heading, advice = _why_failed(view)
    parts: list[Part] = [Text(advice)]
    parts.extend(_money(view))
    if generation.error_class is ErrorClass.CONTENT_POLICY:
        if (other := view.other) is not None:
            label = f"{view.label(other.provider)} may make it: up to {credit_count(other.credits)}"
            parts.append(Button(Action.AGAIN, label, str(generation.id), primary=True))
    elif not _lost_its_picture(generation):
        parts.append(Button(Action.AGAIN, "Try again", str(generation.id)))
    if not _lost_its_picture(generation):
        parts.append(edit(generation))
    return Card(title=heading, tone=Tone.BAD, parts=tuple(parts), ping=generation.user_id)


def _lost_its_picture(generation: Generation) -> bool:
    return generation.reason.why == PICTURE_GONE


def _why_failed(view: View) -> tuple[str, str]:
    request = view.generation.request
    if _lost_its_picture(view.generation):
        return "The picture for this video is gone", "It is not kept any more. Ask again, and give the picture anew."
    tried = listed([view.label(provider) for provider in _tried(view)])
    match view.generation.error_class:
        case ErrorClass.CONTENT_POLICY:
            return _why_refused(view)
        case ErrorClass.INVALID_REQUEST:
            also = ", the picture" if request.first_frame is not None else ""
            refuse = f"{tried or 'The provider'} {'do' if len(_tried(view)) > 1 else 'does'} not accept this request."
            return "This could not be made", f"{refuse} Change the description{also} or the options and ask again."
        case _ if tried:
            advice = (
                "Not everybody can end with a given picture: without the last one, more can try."
                if request.last_frame is not None
                else "Try again in a few minutes."
            )
            if view.generation.fallback is Fallback.NEVER:
                advice = f"Nobody else was asked: that is what this workspace has chosen in /settings. {advice}"
            return ("No video this time", f"Tried {tried}, and none could finish in time. {advice}")
        case _:
            return ("No video this time", "No provider was free in time. Try again in a few minutes.")


def _why_refused(view: View) -> tuple[str, str]:
    """What was refused, by whose rule, and what to do about it."""
    refusers = [a for a in view.attempts if a.error_class is ErrorClass.CONTENT_POLICY]
    names = list(dict.fromkeys(view.label(attempt.provider) for attempt in refusers))
    last = (refusers[-1].refusal if refusers else None) or Refusal()
    things = _THINGS_TO_SEE if view.generation.request.first_frame is not None else _THINGS_TO_READ
    thing, way = things[last.subject]
    advice = f"{way} differently and ask again."
    if view.other is not None:
        advice = f"Send it to {view.label(view.other.provider)} with the button, or {advice[0].lower()}{advice[1:]}"
    return f"This {thing} was refused", f"{_whose_rule(last, names)} {advice}"


def _whose_rule(refusal: Refusal, names: Sequence[str]) -> str:
    who, several = listed(names) or "The provider", len(names) > 1
    if refusal.subject is Subject.OUTPUT:
        checks = "their own checks" if several else "its own check"
        return f"{who} made it, and then {checks} did not let the video pass. That can be chance."
    do = f"{who} {'do' if several else 'does'} not make this"
    if refusal.rule is Rule.VENDOR:
        return f"{do}: {'rules of their own forbid it' if several else 'a rule of its own forbids it'}."
    return f"{do}: {'their' if several else 'its'} content rules forbid it."


_THINGS_TO_READ = {
    Subject.WORDS: ("description", "Describe it"),
    Subject.PICTURE: ("description", "Describe it"),
    Subject.OUTPUT: ("video", "Describe it"),
    Subject.UNKNOWN: ("description", "Describe it"),
}
_THINGS_TO_SEE = {
    Subject.WORDS: ("description", "Describe it"),
    Subject.PICTURE: ("picture", "Take another picture, or describe it"),
    Subject.OUTPUT: ("video", "Take another picture, or describe it"),
    Subject.UNKNOWN: ("picture or its description", "Take another picture, or describe it"),
}


def _tried(view: View) -> list[ProviderName]:
    return list(dict.fromkeys(attempt.provider for attempt in view.attempts))


def _money(view: View) -> Iterator[Fact]:
    generation = view.generation
    if not generation.consumed:
        yield Fact("Paid", credit_count(0))
        return
    paid = generation.settled if generation.settled is not None else generation.consumed
    yield Fact("Paid", credit_count(paid))
    yield Fact("Refunded", credit_count(generation.consumed - paid))
    if view.balance is not None:
        yield Fact("Balance", credit_count(view.balance))
