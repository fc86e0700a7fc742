"""Cards about a community's gallery and contests: a video in the gallery, the best ones, a contest."""

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
from core.replies.chat.words import cut, listed
from core.replies.languages.say import say, say_count

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
    """A contest, as cards show it.

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
        parts.append(ListLine(say("By"), (Person(user),)))
    if is_entry:
        parts.append(SmallPrint(say("An entry of the contest: /contest")))
    parts += votable(subject, votes=0).parts
    return Card(title=title, tone=Tone.GOOD, parts=tuple(parts))


def watch(link: str | None) -> tuple[Part, ...]:
    """The link to the video, for a place that did not take the file."""
    return (LinkButton(say("Watch"), link),) if link is not None else ()


def votable(subject: str, *, votes: int) -> Card:
    """The buttons of a video in the gallery."""
    label = say("Vote · {votes}", votes=votes) if votes else say("Vote")
    return Card(
        title="",
        parts=(
            Button(CommunityAction.VOTE, label, subject, primary=True),
            Button(CommunityAction.WITHDRAW, say("Take mine out"), subject),
        ),
    )


def not_voted(why: str) -> Card:
    """A vote that does not count; `why` is the answer of the SQL function."""
    words = {
        "own": say("It is your own. Others vote for it."),
        "over": say("The contest is over. Its votes are counted."),
    }.get(why, say("This video is not in the gallery any more."))
    return Card(title=say("That is no vote"), tone=Tone.WARNING, parts=(Text(words),))


def withdrawn() -> Card:
    """The person has taken their own video out."""
    words = say("Your video is not in the gallery any more. You have it as before.")
    return Card(title=say("Taken out"), parts=(Text(words),))


def leaders(places: Sequence[Place], *, has_gallery: bool) -> Card:
    """The best of the last thirty days."""
    if not places:
        words = (
            say("Nobody has voted in the last 30 days. Vote below the videos in the gallery.")
            if has_gallery
            else say("There is no gallery in this server. An admin opens one with /community gallery.")
        )
        return Card(title=say("The best of 30 days"), parts=(Text(words),))
    return Card(title=say("The best of 30 days"), tone=Tone.GOOD, parts=tuple(_lines(places)))


def gallery_opened(*, is_open: bool) -> Card:
    """An admin has opened or closed the gallery."""
    if not is_open:
        words = say("New videos are shown nowhere but where they were asked for.")
        return Card(title=say("The gallery is closed"), parts=(Text(words),))
    return Card(
        title=say("The gallery is open"),
        tone=Tone.GOOD,
        parts=(
            Text(say("Videos that are asked for from now on come there as well, with a button to vote.")),
            SmallPrint(
                say("Whoever does not want that says gallery: False, or takes theirs out with the button below it.")
            ),
        ),
    )


def week(places: Sequence[Place]) -> Card:
    """The best videos of the week, posted without a command."""
    return Card(title=say("The best of this week"), tone=Tone.GOOD, parts=tuple(_lines(places)))


def begins(theme: Theme) -> Card:
    """A contest begins."""
    return Card(
        title=cut(say("Contest: {title}", title=theme.title), LINE_MAX),
        tone=Tone.WORKING,
        parts=(*_rules(theme), SmallPrint(say("Make a video, then enter it with /contest. One entry each."))),
    )


def ends(theme: Theme, places: Sequence[Place]) -> Card:
    """A contest is over."""
    title = cut(say("{title}: the contest is over", title=theme.title), LINE_MAX)
    if not places:
        return Card(title=title, parts=(Text(say("Nobody got a vote, so nobody has won.")),))
    first = places[0]
    who: tuple[Word, ...] = (Person(first.user),) if first.user else (say("somebody who left"),)
    return Card(title=title, tone=Tone.GOOD, parts=(ListLine(say("Winner"), who), *_lines(places)))


def contest(theme: Theme | None, *, is_open: bool, standing: Sequence[Place], own: Sequence[tuple[str, str]]) -> Card:
    """The contest of a server. `own`: the person's videos that may be entered, by subject."""
    if theme is None:
        words = say("An admin begins one with /community contest.")
        return Card(title=say("There is no contest now"), parts=(Text(words),))
    parts: list[Part] = [*_rules(theme)]
    if not is_open:
        return Card(title=cut(say("Soon: {title}", title=theme.title), LINE_MAX), parts=tuple(parts))
    parts += _lines(standing)
    if own:
        parts.append(Text(say("Enter one of yours:")))
        parts += [Button(CommunityAction.ENTER, cut(prompt, LABEL_MAX), subject) for subject, prompt in own]
    else:
        parts.append(SmallPrint(say("Make a video that fits, then come back here to enter it.")))
    return Card(title=cut(theme.title, LINE_MAX), tone=Tone.WORKING, parts=tuple(parts))


def planned(theme: Theme | None) -> Card:
    """An admin has planned a contest."""
    if theme is None:
        words = say("End the one that there is with /community end, then plan the next one.")
        return Card(title=say("There is a contest already"), tone=Tone.WARNING, parts=(Text(words),))
    return Card(
        title=cut(say("Planned: {title}", title=theme.title), LINE_MAX), tone=Tone.GOOD, parts=tuple(_rules(theme))
    )


def ended(*, is_ended: bool) -> Card:
    """An admin has ended the contest."""
    words = say("The result comes into the gallery in a moment.") if is_ended else say("There is no contest to end.")
    return Card(title=say("The contest"), parts=(Text(words),))


def entered(status: str) -> Card:
    """The answer to an entry."""
    good, words = {
        "ok": (True, say("It is in the contest, and comes into the gallery. Good luck!")),
        "twice": (False, say("You have an entry already. One each.")),
        "before": (False, say("It was made before the contest began. Make one now.")),
        "no_gallery": (
            False,
            say("There is no gallery that it could come to. An admin opens one with /community gallery."),
        ),
    }.get(status, (False, say("There is no contest now.")))
    return Card(title=say("Your entry"), tone=Tone.GOOD if good else Tone.WARNING, parts=(Text(words),))


def _rules(theme: Theme) -> list[Part]:
    times = (Moment(theme.starts_at, with_day=True), say(" until "), Moment(theme.ends_at, with_day=True))
    parts: list[Part] = [ListLine(say("From"), times)]
    if theme.must:
        parts.append(ListLine(say("The description has"), (listed([f"“{word}”" for word in theme.must]),)))
    return parts


def _lines(places: Sequence[Place]) -> list[Part]:
    return [ListLine(f"{number}.", _line(place)) for number, place in enumerate(places, 1)]


def _line(place: Place) -> tuple[Word, ...]:
    who: tuple[Word, ...] = (Person(place.user), " · ") if place.user else ()
    return (cut(place.prompt, LINE_MAX), " · ", *who, say_count("{n} vote", "{n} votes", place.votes))
