"""The parts of the status page about a provider and about an incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date

from core.db.health.incidents import DAYS, Incident
from core.domain.ids import ProviderName
from web.sheets import Html, tag

_WORD = {"good": "working", "some": "slower or failing at times", "bad": "out of use", "none": "not used lately"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLook:
    """The facts about one provider on the status page.

    Args:
        tone: good, some, bad or none.
        days: by day, the oldest first: its tone and its share of successes.
        success: its share of successes in the last 30 days; None without any attempt.
        takes_s: the average seconds of a video in the last week.
    """

    provider: ProviderName
    label: str
    tone: str
    days: tuple[tuple[date, str, float | None], ...]
    success: float | None
    takes_s: float | None


def card(look: ProviderLook) -> Html:
    """The card of one provider."""
    facts = [
        f"{look.success:.1%} of its videos came, over 30 days"
        if look.success is not None
        else "nothing asked of it lately",
        f"about {_duration(look.takes_s)} a video" if look.takes_s is not None else None,
    ]
    bars = [
        tag("li", class_=tone, title=f"{day:%d %b}: " + (f"{share:.0%} came" if share is not None else _WORD[tone]))
        for day, tone, share in look.days
    ]
    good = sum(tone in {"good", "none"} for _, tone, _ in look.days)
    return tag(
        "section",
        tag("div", tag("h3", look.label), tag("span", _WORD[look.tone], class_=f"state {look.tone}"), class_="row"),
        tag("p", " · ".join(fact for fact in facts if fact), class_="soft"),
        tag("ul", *bars, class_="bars", aria_label=f"{good} of {DAYS} days without trouble", role="img"),
        tag(
            "div",
            tag("span", f"{DAYS} days ago", class_="long"),
            tag("span", "30 days ago", class_="short"),
            tag("span", "today"),
            class_="scale",
        ),
        class_="card",
    )


def incident_title(one: Incident, labels: Mapping[ProviderName, str]) -> str:
    """The operator's title, or our own."""
    name = labels.get(one.provider, one.provider)
    return one.title or (f"{name} is out of use" if one.is_out else f"{name} fails more often than it should")


def incident_span(one: Incident) -> str:
    """The start and the duration of an incident."""
    began = f"{one.began_at.astimezone(UTC):%d %b %Y, %H:%M} UTC"
    if one.ended_at is None:
        return f"Since {began}"
    return f"{began}, for {_duration((one.ended_at - one.began_at).total_seconds())}"


def incident_card(one: Incident, labels: Mapping[ProviderName, str]) -> Html:
    """The card of one incident."""
    tone = "good" if one.ended_at else "bad" if one.is_out else "some"
    return tag(
        "section",
        tag(
            "div",
            tag("h3", incident_title(one, labels)),
            tag("span", "over" if one.ended_at else "going on", class_=f"state {tone}"),
            class_="row",
        ),
        tag("p", incident_span(one), class_="soft"),
        tag("p", one.words) if one.words else "",
        class_="card",
        id=f"incident-{one.id}",
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
