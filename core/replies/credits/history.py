"""The history of a team's credits: one line for each video and for each other movement."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from core.domain.chat.principal import Principal
from core.domain.credits.history import HistoryLine, HistoryPage, People
from core.domain.credits.money import EntryKind
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome
from core.domain.ids import ProviderName
from core.replies.chat.card import Action, Button, Card, ListLine, Part, SmallPrint, Text, Word
from core.replies.chat.people import named
from core.replies.chat.words import credit_count, cut
from core.replies.generations.made import from_note
from core.replies.languages.say import amount, date_in_words, say

PROMPT_MAX = 48
NOTE_MAX = 120


def history(page: HistoryPage, *, reader: Principal, labels: Mapping[ProviderName, str]) -> Card:
    """One page; its buttons lead to the next ones.

    Args:
        labels: what people call the providers: "Veo 3.1".
    """
    if not page.lines:
        return Card(
            title=say("Nothing has happened yet"), parts=(Text(say("Ask for a video, and it is listed here.")),)
        )
    parts: list[Part] = [_line(line, page.people, reader=reader, labels=labels) for line in page.lines]
    hidden = any(line.video is not None and line.video.prompt is None for line in page.lines)
    parts.append(
        SmallPrint(say("Times are UTC. What others asked for is shown to admins.") if hidden else say("Times are UTC."))
    )
    if page.newer is not None:
        parts.append(Button(Action.PAGE, say("Newer"), str(page.newer)))
    if page.older is not None:
        parts.append(Button(Action.PAGE, say("Older"), str(page.older)))
    return Card(title=say("History of your team's credits"), parts=tuple(parts))


def _line(line: HistoryLine, people: People, *, reader: Principal, labels: Mapping[ProviderName, str]) -> ListLine:
    when = f"{date_in_words(line.booked.at, skeleton='MMMd')} {line.booked.at:%H:%M}"
    if line.booked.kind is EntryKind.CONSUME:
        words = _video(line, people, reader=reader, labels=labels)
    else:
        words = _movement(line, people, reader=reader)
    return ListLine(when, tuple(words))


def _video(
    line: HistoryLine, people: People, *, reader: Principal, labels: Mapping[ProviderName, str]
) -> Iterator[Word]:
    booked, video = line.booked, line.video
    yield named(booked.member_id, people, reader=reader)
    if video is not None and video.prompt is not None:
        yield f" · “{cut(video.prompt, PROMPT_MAX)}”"
    yield f" · {booked.note or say('other')}"
    if video is not None and video.maker is not None:
        yield f" · {labels.get(video.maker, video.maker.capitalize())}"
    if booked.actor_id is not None:
        yield say(" · approved by ")
        yield named(booked.actor_id, people, reader=reader)
    came, _ = from_note(booked.why)
    if came and booked.settled_at is not None:
        yield f" · {came}"
    yield f" · {_charge(line)}"


def _charge(line: HistoryLine) -> str:
    """The amounts charged and refunded, with the reason where it is known."""
    booked = line.booked
    if booked.settled_at is None:
        return say("{credits} reserved", credits=credit_count(booked.taken))
    kept = booked.taken - booked.given_back
    if not booked.given_back:
        return say("charged {credits}", credits=credit_count(kept))
    why = _why(line)
    return say(
        "charged {credits}, refunded {back}{what}",
        credits=credit_count(kept),
        back=amount(booked.given_back),
        what=f": {why}" if why else "",
    )


def _why(line: HistoryLine) -> str:
    video = line.video
    match video.outcome if video is not None else None:
        case Outcome.CANCELLED:
            return say("cancelled")
        case Outcome.FAILED if video is not None and video.error_class is ErrorClass.CONTENT_POLICY:
            return say("the description was refused")
        case Outcome.FAILED:
            return say("no provider could make it")
        case Outcome.SUCCEEDED if line.booked.given_back < line.booked.taken:
            _, short = from_note(line.booked.why)
            return short or say("it cost less than quoted")
        case _:
            return cut(line.booked.why or "", NOTE_MAX)


def _movement(line: HistoryLine, people: People, *, reader: Principal) -> Iterator[Word]:
    booked = line.booked
    moved = credit_count(abs(booked.amount))
    match booked.kind:
        case EntryKind.GRANT:
            yield say("+{credits} from {source}", credits=moved, source=line.source or say("a grant"))
        case EntryKind.FREE:
            yield say("+{credits} free for this month", credits=moved)
        case EntryKind.EXPIRE:
            yield say("−{credits} lapsed", credits=moved)
        case EntryKind.MOVE_IN:
            yield say("+{credits} came along from a linked workspace", credits=moved)
        case EntryKind.MOVE_OUT:
            yield say("−{credits} went along to a linked workspace", credits=moved)
        case EntryKind.GIFT:
            receiver, given = line.gift or (None, 0)
            yield from _gift(line, receiver_word=named(receiver, people, reader=reader), given=given, people=people,
                             reader=reader)  # fmt: skip
        case EntryKind.CONSUME | EntryKind.SETTLE | EntryKind.REFUND:
            yield f"{'+' if booked.amount > 0 else '−'}{moved}"
        case _:
            assert_never(booked.kind)
    if booked.actor_id not in {None, booked.member_id}:
        yield say(", decided by ") if booked.kind is EntryKind.GIFT else say(" by ")
        yield named(booked.actor_id, people, reader=reader)
    if booked.note:
        yield f": {cut(booked.note, NOTE_MAX)}"


def _gift(line: HistoryLine, *, receiver_word: Word, given: int, people: People, reader: Principal) -> Iterator[Word]:
    yield named(line.booked.member_id, people, reader=reader)
    yield say(" gave {credits} of the month's budget to ", credits=credit_count(given))
    yield receiver_word
