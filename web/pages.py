"""The pages behind links. Words and numbers are filled in here; `pages/` has their look."""

import base64
from datetime import UTC
from enum import StrEnum
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from core.db.generations.clip_links import Linked
from core.domain.generations.generation import Clip

_FOLDER = Path(__file__).with_name("pages")
_STYLE = (_FOLDER / "style.css").read_text() + (_FOLDER / "buttons.css").read_text()
_PLAYER = Template((_FOLDER / "player.html").read_text())
_SCRIPT = (_FOLDER / "copy.js").read_text()
_GONE = Template((_FOLDER / "gone.html").read_text())

_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_SCRIPT_HASH = base64.b64encode(sha256(_SCRIPT.encode()).digest()).decode()
_COMMON_HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
PLAYER_HEADERS = {
    **_COMMON_HEADERS,
    "cache-control": "private, no-cache",
    # https: because the store has its own address. Other pages may frame this one, because it is a player.
    "content-security-policy": (
        f"default-src 'none'; media-src 'self' https:; img-src 'self' https: data:; style-src 'sha256-{_STYLE_HASH}'; "
        f"script-src 'sha256-{_SCRIPT_HASH}'; base-uri 'none'; form-action 'none'"
    ),
}
GONE_HEADERS = {
    **_COMMON_HEADERS,
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}

TITLE_LENGTH = 90


class Gone(StrEnum):
    """Why a link shows nothing."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DELETED = "deleted"


_WHY = {
    Gone.UNKNOWN: ("This link leads nowhere", "Part of it may be missing. Open it again from the message it came in."),
    Gone.EXPIRED: ("This link has expired", "Links to videos end after a while. The video is still in its thread."),
    Gone.REVOKED: ("This link was withdrawn", "Whoever looks after these videos has shut it."),
    Gone.DELETED: ("This video is no longer here", "It has been removed from where it was kept."),
}


def player_page(linked: Linked, clip: Clip, *, address: str, maker: str | None) -> str:
    """The page that plays a clip, with what other sites need to show it in place.

    Args:
        address: the public address of this page.
        maker: the name of the provider that made it.
    """
    prompt = " ".join(linked.prompt.split())
    title = prompt if len(prompt) <= TITLE_LENGTH else prompt[: TITLE_LENGTH - 1].rstrip() + "…"
    ends = linked.expires_at.astimezone(UTC)
    lines = min(clip.width, clip.height)
    facts = (maker, f"{clip.duration_s:.0f} s", "4K" if lines >= 2160 else f"{lines}p")
    values = {
        "title": title,
        "prompt": prompt,
        "facts": " · ".join(fact for fact in facts if fact),
        "address": address,
        "file": f"{address}.mp4",
        "still": f"{address}.jpg",
        "poster": f"{address.rpartition('/')[2]}.jpg",
        "path": f"{address.rpartition('/')[2]}.mp4",
        "width": str(clip.width),
        "height": str(clip.height),
        "duration": str(max(1, round(clip.duration_s))),
        "name": f"neverdark-{linked.generation_id.hex[:8]}.mp4",
        "expiry": f"This link is good until {ends.day} {ends:%B %Y, %H:%M} UTC.",
    }
    words = {name: escape(value) for name, value in values.items()}
    return _PLAYER.substitute(words, style=_STYLE, script=_SCRIPT, shape=_shape(clip))


def _shape(clip: Clip) -> str:
    """The class of the frame with the nearest shape: the style sheet has fixed shapes only."""
    ratio = clip.width / max(1, clip.height)
    return "tall" if ratio < 0.9 else "square" if ratio < 1.2 else "classic" if ratio < 1.6 else "wide"


def gone_page(why: Gone) -> str:
    """The page that says why a link shows nothing."""
    title, advice = _WHY[why]
    return _GONE.substitute(title=escape(title), advice=escape(advice), style=_STYLE)
