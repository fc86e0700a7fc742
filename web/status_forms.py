"""What the status page tells, for programs: as JSON, which docs/status.schema.json describes, and as an RSS feed."""

from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from core.domain.health.provider_status import Availability
from core.domain.ids import ProviderName
from core.usecases.health.availability import ToldIncident
from web.status_sheets import ProviderLook, incident_span, incident_title


def as_json(
    looks: Sequence[ProviderLook],
    told: Sequence[ToldIncident],
    *,
    labels: Mapping[ProviderName, str],
    status: Availability,
    says: str,
) -> dict[str, Any]:
    """Everything that the page says."""
    return {
        "status": status,
        "says": says,
        "providers": [
            {
                "provider": look.provider,
                "name": look.label,
                "status": look.availability,
                "success_30_days": look.success,
                "seconds_a_video": look.takes_s,
                "days": [{"day": day.isoformat(), "tone": tone, "success": share} for day, tone, share in look.days],
            }
            for look in looks
        ],
        "incidents": [
            {
                "id": one.incident.id,
                "provider": one.incident.provider,
                "status": one.availability,
                "title": incident_title(one, labels),
                "words": one.incident.words,
                "began_at": one.incident.began_at.isoformat(),
                "ended_at": one.incident.ended_at.isoformat() if one.incident.ended_at else None,
            }
            for one in told
        ],
    }


def as_feed(told: Sequence[ToldIncident], *, labels: Mapping[ProviderName, str], base: str) -> str:
    """The incidents as RSS 2.0. The end of an incident is an entry of its own, so that a reader shows it."""
    items = "".join(_item(one, labels, base) for one in told)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Neverdark: incidents</title>'
        f"<link>{escape(base)}/status</link><description>Trouble at the providers behind /video.</description>"
        f'<atom:link href={quoteattr(base + "/status.rss")} rel="self" type="application/rss+xml"/>'
        f"<language>en</language><ttl>5</ttl>{items}</channel></rss>"
    )


def _item(told: ToldIncident, labels: Mapping[ProviderName, str], base: str) -> str:
    one = told.incident
    words = incident_span(told) + (f". {one.words}" if one.words else "")
    return (
        f"<item><title>{escape(_printable(incident_title(told, labels)))}</title>"
        f"<link>{escape(base)}/status#incident-{one.id}</link>"
        f'<guid isPermaLink="false">neverdark-incident-{one.id}{"-over" if one.ended_at else ""}</guid>'
        f"<pubDate>{format_datetime(one.ended_at or one.began_at)}</pubDate>"
        f"<description>{escape(_html(words))}</description></item>"
    )


def _html(words: str) -> str:
    """Readers take a description for HTML."""
    return escape(_printable(words)).replace("\n", "<br>")


def _printable(words: str) -> str:
    """Without the characters that XML has no place for; an operator may have pasted one."""
    return "".join(letter for letter in words if letter in "\t\n\r" or " " <= letter < "\ufffe" or letter > "\uffff")
