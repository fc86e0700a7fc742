"""The memory of the form for a video: where the video goes, and where answers to the person go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.slack.drawing.buttons import memory
from core.domain.requests.drafts import Draft
from core.domain.requests.options import Option
from core.replies.languages.say import later, say

Block = dict[str, Any]

FORM = "video"
"""The form's id."""
WHERE = "where"
_WHERE_LABEL = later("Where should it go?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The values that a form remembers while it is open.

    Args:
        channel: the channel that the video goes to; empty where the form itself asks.
        thread: the thread that the video goes into, if any.
        answers: the response_url for answers to the person alone; empty where Slack gave none.
        pictures: the draft's pictures, which the form does not show.
        chosen: the channel that the person chose in the form, where it asks.
    """

    channel: str
    thread: str | None = None
    answers: str = ""
    chosen: str = ""
    pictures: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def goes_to(self) -> str:
        """The channel that the video goes to."""
        return self.channel or self.chosen

    def packed(self) -> str:
        kept = {"channel": self.channel, "answers": self.answers, "pictures": dict(self.pictures)}
        return memory(FORM, kept | ({"thread": self.thread} if self.thread else {}))


def kept(channel: str, answers: str, draft: Draft, *, thread: str | None = None) -> Kept:
    """The memory of a form for a draft."""
    found = {name: getattr(draft, name) for name in ("first", "last", "first_frame", "last_frame")}
    chosen = draft.reading.chosen
    found["first"] = chosen.get(Option.IMAGE, found["first"])
    found["last"] = chosen.get(Option.LAST_IMAGE, found["last"])
    found["references"] = " ".join((*draft.references, *chosen.get(Option.REFERENCE, "").split()))
    found["reference_keys"] = " ".join(draft.reference_keys)
    pictures = {name: value for name, value in found.items() if value}
    return Kept(channel=channel, thread=thread, answers=answers, pictures=pictures)


def where(known: Kept) -> list[Block]:
    """The question where the video goes, for a form that was opened outside any channel."""
    if known.channel:
        return []
    element = {
        "type": "conversations_select",
        "action_id": WHERE,
        "default_to_current_conversation": True,
        "response_url_enabled": True,
        "filter": {"include": ["public", "private", "im"], "exclude_bot_users": False},
    }
    label = {"type": "plain_text", "text": say(_WHERE_LABEL)}
    return [{"type": "input", "block_id": WHERE, "label": label, "element": element, "optional": False}]


def went(packed: Mapping[str, Any], values: Mapping[str, Block], sent: Block) -> Kept:
    """The memory of a sent form, with the answer to that question.

    Args:
        sent: the view, with the `response_urls` that came beside it.
    """
    chosen = str(values.get(WHERE, {}).get("selected_conversation") or "")
    urls = sent.get("response_urls") or [{}]
    return Kept(
        channel=packed["channel"],
        chosen=chosen,
        thread=packed.get("thread"),
        answers=packed["answers"] or str(urls[0].get("response_url") or ""),
        pictures=packed["pictures"],
    )
