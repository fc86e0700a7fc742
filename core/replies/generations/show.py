"""What people read about a community's show: the card of a video in the gallery, the best of it, and contests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.replies.chat.card import (
    Button,
    Card,
    LinkButton,
    ListLine,
    Moment,
    Part,
    Person,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
    Word,
)
from core.replies.chat.community_actions import CommunityAction
from core.replies.chat.words import count, cut, listed

PROMPT_MAX = 500
LINE_MAX = 80
LABEL_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of a ranking."""

    prompt: str
    user: str | None
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A contest, as it is told.

    Args:
        must: words that an entry's description has.
    """

    title: str
    must: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


def shown(*, title: str, prompt: str, user: str | None, subject: str, is_entry: bool) -> Card:
    """A video in the gallery."""
    parts: list[Part] = [QuotedText(cut(prompt, PROMPT_MAX))]
    if user is not None:
        parts.append(ListLine("By", (Person(user),)))
    if is_entry:
        parts.append(SmallPrint("An entry of the contest: /contest"))
    parts += votable(subject, votes=0).parts
    return Card(title=title, tone=Tone.GOOD, parts=tuple(parts))


def watch(link: str | None) -> tuple[Part, ...]:
    """The way to the video, for a place that did not take the file."""
    return (LinkButton("Watch", link),) if link is not None else ()


def votable(subject: str, *, votes: int) -> Card:
    """The buttons of a video in the gallery."""
    label = f"Vote · {votes}" if votes else "Vote"
    return Card(
        title="",
        parts=(
            Button(CommunityAction.VOTE, label, subject, primary=True),
            Button(CommunityAction.WITHDRAW, "Take mine out", subject),
        ),
    )


def not_voted(why: str) -> Card:
    """A vote that does not count; `why` is the answer of the ledger of votes."""
    words = {
        "own": "It is your own. Others vote for it.",
        "over": "The contest is over. Its votes are counted.",
    }.get(why, "This video is not in the gallery any more.")
    return Card(title="That is no vote", tone=Tone.WARNING, parts=(Text(words),))


def withdrawn() -> Card:
    """Somebody has taken their own video out."""
    return Card(title="Taken out", parts=(Text("Your video is not in the gallery any more. You have it as before."),))


def leaders(places: Sequence[Place], *, has_gallery: bool) -> Card:
    """The best of the last thirty days."""
    if not places:
        words = (
            "Nobody has voted in the last 30 days. Vote below the videos in the gallery."
            if has_gallery
            else "There is no gallery in this server. An admin opens one with /community gallery."
        )
        return Card(title="The best of 30 days", parts=(Text(words),))
    return Card(title="The best of 30 days", tone=Tone.GOOD, parts=tuple(_lines(places)))


def gallery_opened(*, is_open: bool) -> Card:
    """An admin has opened or closed the gallery."""
    if not is_open:
        return Card(
            title="The gallery is closed", parts=(Text("New videos are shown nowhere but where they were asked for."),)
        )
    return Card(
        title="The gallery is open",
        tone=Tone.GOOD,
        parts=(
            Text("Videos that are asked for from now on come there as well, with a button to vote."),
            SmallPrint("Whoever does not want that says gallery: False, or takes theirs out with the button below it."),
        ),
    )


def week(places: Sequence[Place]) -> Card:
    """The week's best, as it comes by itself."""
    return Card(title="The best of this week", tone=Tone.GOOD, parts=tuple(_lines(places)))


def begins(theme: Theme) -> Card:
    """A contest begins."""
    return Card(
        title=cut(f"Contest: {theme.title}", LINE_MAX),
        tone=Tone.WORKING,
        parts=(*_rules(theme), SmallPrint("Make a video, then enter it with /contest. One entry each.")),
    )


def ends(theme: Theme, places: Sequence[Place]) -> Card:
    """A contest is over."""
    title = cut(f"{theme.title}: the contest is over", LINE_MAX)
    if not places:
        return Card(title=title, parts=(Text("Nobody got a vote, so nobody has won."),))
    first = places[0]
    who: tuple[Word, ...] = (Person(first.user),) if first.user else ("somebody who left",)
    return Card(title=title, tone=Tone.GOOD, parts=(ListLine("Winner", who), *_lines(places)))


def contest(theme: Theme | None, *, is_open: bool, standing: Sequence[Place], own: Sequence[tuple[str, str]]) -> Card:
    """The contest of a server. `own`: the person's videos that may be entered, by subject."""
    if theme is None:
        return Card(title="There is no contest now", parts=(Text("An admin begins one with /community contest."),))
    parts: list[Part] = [*_rules(theme)]
    if not is_open:
        return Card(title=cut(f"Soon: {theme.title}", LINE_MAX), parts=tuple(parts))
    parts += _lines(standing)
    if own:
        parts.append(Text("Enter one of yours:"))
        parts += [Button(CommunityAction.ENTER, cut(prompt, LABEL_MAX), subject) for subject, prompt in own]
    else:
        parts.append(SmallPrint("Make a video that fits, then come back here to enter it."))
    return Card(title=cut(theme.title, LINE_MAX), tone=Tone.WORKING, parts=tuple(parts))


def planned(theme: Theme | None) -> Card:
    """An admin has planned a contest."""
    if theme is None:
        words = "End the one that there is with /community end, then plan the next one."
        return Card(title="There is a contest already", tone=Tone.WARNING, parts=(Text(words),))
    return Card(title=cut(f"Planned: {theme.title}", LINE_MAX), tone=Tone.GOOD, parts=tuple(_rules(theme)))


def ended(*, is_ended: bool) -> Card:
    """An admin has ended the contest."""
    words = "The result comes into the gallery in a moment." if is_ended else "There is no contest to end."
    return Card(title="The contest", parts=(Text(words),))


def entered(status: str) -> Card:
    """What became of an entry."""
    good, words = {
        "ok": (True, "It is in the contest, and comes into the gallery. Good luck!"),
        "twice": (False, "You have an entry already. One each."),
        "before": (False, "It was made before the contest began. Make one now."),
        "no_gallery": (
            False,
            "There is no gallery that it could come to. An admin opens one with /community gallery.",
        ),
    }.get(status, (False, "There is no contest now."))
    return Card(title="Your entry", tone=Tone.GOOD if good else Tone.WARNING, parts=(Text(words),))


def _rules(theme: Theme) -> list[Part]:
    times = (Moment(theme.starts_at, with_day=True), " to ", Moment(theme.ends_at, with_day=True))
    parts: list[Part] = [ListLine("From", times)]
    if theme.must:
        parts.append(ListLine("The description has", (listed([f"“{word}”" for word in theme.must]),)))
    return parts


def _lines(places: Sequence[Place]) -> list[Part]:
    return [ListLine(f"{number}.", _line(place)) for number, place in enumerate(places, 1)]


def _line(place: Place) -> tuple[Word, ...]:
    who: tuple[Word, ...] = (Person(place.user), " · ") if place.user else ()
    return (cut(place.prompt, LINE_MAX), " · ", *who, count(place.votes, "vote"))
