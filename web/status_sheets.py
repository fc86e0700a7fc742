"""The parts of the status page about a provider and about an incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date

from core.db.health.incidents import DAYS
from core.domain.health.provider_status import Availability
from core.domain.ids import ProviderName
from core.usecases.health.availability import ToldIncident
from web.sheets import Html, tag

WORDS = {
    Availability.WORKING: "working",
    Availability.PARTLY_WORKING: "partly working",
    Availability.SET_ASIDE: "set aside",
    Availability.OUT_OF_USE: "out of use",
}
TONES = {
    Availability.WORKING: "good",
    Availability.PARTLY_WORKING: "some",
    Availability.SET_ASIDE: "some",
    Availability.OUT_OF_USE: "bad",
}
"""The colour of each word."""
_DAYS = {"good": "no trouble", "some": "some trouble", "bad": "out of use", "none": "not used"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLook:
    """The facts about one provider on the status page.

    Args:
        days: by day, the oldest first: its tone (good, some, bad or none) and its share of successes.
        success: its share of successes in the last 30 days; None without any attempt.
        takes_s: the average seconds of a video in the last week.
    """

    provider: ProviderName
    label: str
    availability: Availability
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
        tag("li", class_=tone, title=f"{day:%d %b}: " + (f"{share:.0%} came" if share is not None else _DAYS[tone]))
        for day, tone, share in look.days
    ]
    good = sum(tone in {"good", "none"} for _, tone, _ in look.days)
    return tag(
        "section",
        tag("div", tag("h3", look.label), state(look.availability), class_="row"),
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


def state(availability: Availability) -> Html:
    """The word for how a provider does, in its colour."""
    return tag("span", WORDS[availability], class_=f"state {TONES[availability]}")


def incident_title(told: ToldIncident, labels: Mapping[ProviderName, str]) -> str:
    """The operator's title, or our own: the word of the provider's card, while it is going on."""
    return told.incident.title or own_title(told, labels)


def own_title(told: ToldIncident, labels: Mapping[ProviderName, str]) -> str:
    """What an incident is called where nobody has written a title."""
    name = labels.get(told.incident.provider, told.incident.provider)
    return f"{name} {'was' if told.incident.ended_at else 'is'} {WORDS[told.availability]}"


def incident_span(told: ToldIncident) -> str:
    """The start and the duration of an incident."""
    one = told.incident
    began = f"{one.began_at.astimezone(UTC):%d %b %Y, %H:%M} UTC"
    if one.ended_at is None:
        return f"Since {began}"
    return f"{began}, for {_duration((one.ended_at - one.began_at).total_seconds())}"


def incident_card(told: ToldIncident, labels: Mapping[ProviderName, str]) -> Html:
    """The card of one incident."""
    one = told.incident
    tone = "good" if one.ended_at else TONES[told.availability]
    return tag(
        "section",
        tag(
            "div",
            tag("h3", incident_title(told, labels)),
            tag("span", "over" if one.ended_at else "going on", class_=f"state {tone}"),
            class_="row",
        ),
        tag("p", incident_span(told), class_="soft"),
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
