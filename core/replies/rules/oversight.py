"""Cards for managers: the log of changes, the use of this month, and missing permissions in a channel."""

from collections.abc import Iterator, Mapping, Sequence

from core.domain.ids import ChannelId
from core.domain.rules.decision import ALLOWED, DENIED
from core.domain.rules.kinds import RuleKind, Rules
from core.domain.rules.logged import LoggedChange
from core.domain.rules.usage import MonthSums, UsageBy, UsageSum
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Channel,
    ListLine,
    Moment,
    Part,
    Person,
    SmallPrint,
    Text,
    Tone,
    Word,
)
from core.replies.chat.words import credit_count, listed, video_count
from core.replies.languages.say import later, say
from core.replies.languages.vocabulary import typed
from core.replies.rules.listing import label_of, subject_of, value_of

LOG = "log="
"""The prefix of the subject of a button that leads to an older page of the log."""
ROWS_MAX = 6


def log_card(changes: Sequence[LoggedChange], *, older: int | None) -> Card:
    """A page of the log."""
    if not changes:
        return Card(
            title=say("Nothing was changed here yet"), parts=(Text(say("Every change of a rule is listed here.")),)
        )
    parts: list[Part] = [ListLine("", tuple(_change(each))) for each in changes]
    if older is not None:
        parts.append(Button(Action.RULES, say("Older"), f"{LOG}{older}"))
    return Card(title=say("Who has changed what"), parts=tuple(parts))


def _change(change: LoggedChange) -> Iterator[Word]:
    yield Moment(change.at, with_day=True)
    yield " · "
    if change.is_operators:
        yield say("the people who run this bot")
    else:
        yield Person(change.author) if change.author is not None else say("somebody who left")
    yield f" · {label_of(change.kind, change.subject).removesuffix(':')}"
    if (subject := subject_of(change.kind, change.subject)) is not None:
        yield " "
        yield subject
    yield ": "
    yield value_of(change.kind, change.before)
    yield " → "
    yield value_of(change.kind, change.after)


def usage_card(month: MonthSums, *, refused: Mapping[str, int]) -> Card:
    """The use of this month as a table: by member, channel, tier and provider."""
    parts: list[Part] = []
    for by in UsageBy if month.videos else ():
        rows = month.by[by]
        parts.append(Text(say(_BY[by])))
        parts.extend(ListLine("", tuple(_sum(by, row))) for row in rows[:ROWS_MAX])
        if len(rows) > ROWS_MAX:
            rest = rows[ROWS_MAX:]
            more = credit_count(sum(row.credits for row in rest))
            parts.append(ListLine("", (say("{n} more: {credits}", n=len(rest), credits=more),)))
    if refused:
        times = listed([f"{kind.replace('_', ' ')} {number}" for kind, number in refused.items()])
        parts.append(SmallPrint(say("Refused by rules: {times}.", times=times)))
    parts.append(SmallPrint(say("This month, UTC. All of it as a file: {command}", command=typed("/credits export"))))
    used = {"videos": video_count(month.videos), "credits": credit_count(month.credits)}
    title = say("This month: {videos}, {credits}", **used)
    return Card(title=title, parts=tuple(parts))


_BY = {
    UsageBy.MEMBER: later("By member"),
    UsageBy.CHANNEL: later("By channel"),
    UsageBy.TIER: later("By tier"),
    UsageBy.PROVIDER: later("By provider"),
}


def _sum(by: UsageBy, row: UsageSum) -> Iterator[Word]:
    named: dict[UsageBy, Word] = {UsageBy.MEMBER: Person(row.name), UsageBy.CHANNEL: Channel(row.name)}
    yield named.get(by, row.name) if row.name else say("nobody yet") if by is UsageBy.PROVIDER else say("unknown")
    yield f": {video_count(row.videos)}, {credit_count(row.credits)}"


def check_card(channel: ChannelId, rules: Rules, *, lacking: Sequence[str], ways: Sequence[str]) -> Card:
    """Whether videos can be made in a channel.

    Args:
        lacking: the permissions that the bot lacks there, in the platform's own words.
        ways: the ways to grant them.
    """
    parts: list[Part] = [ListLine(say("Channel"), (Channel(channel),))]
    parts.extend(ListLine(say("Missing:"), (each,)) for each in lacking)
    if lacking:
        parts.extend(Text(way) for way in ways)
    parts.extend(_rules_of(channel, rules))
    title = say("Something is missing there") if lacking else say("All is well there")
    return Card(title=title, tone=Tone.WARNING if lacking else Tone.QUIET, parts=tuple(parts))


def _rules_of(channel: ChannelId, rules: Rules) -> Iterator[Part]:
    own, allowed = rules.about(RuleKind.CHANNEL, channel), rules.subjects(RuleKind.CHANNEL, ALLOWED)
    if (own is not None and own.value == DENIED) or (allowed and channel not in allowed):
        yield ListLine(say("Rule:"), (say("no videos are made there"),))
    for kind in (RuleKind.RESULTS, RuleKind.DEFAULT, RuleKind.ADULT):
        if (rule := rules.about(kind, channel)) is not None:
            yield ListLine(f"{label_of(kind, '')}:", (value_of(kind, rule.value),))
