"""The answers to a search for earlier videos: one video, or a list to choose from, with pictures."""

from collections.abc import Mapping, Sequence

from core.domain.generations.generation import Generation, Outcome
from core.domain.ids import GenerationId, ProviderName
from core.domain.requests.variations import Variations
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    LinkButton,
    ListLine,
    Menu,
    Moment,
    Part,
    Picture,
    QuotedText,
    SmallPrint,
    Text,
)
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count, cut
from core.replies.generations.choices import after_success, edit
from core.replies.generations.own import OwnVideo, status
from core.replies.generations.view import View
from core.replies.languages.say import say

PROMPT_MAX = 60
LABEL_MAX = 60


def mine(videos: Sequence[OwnVideo], links: Mapping[GenerationId, str]) -> Card:
    """The person's last videos, with pictures where links to them are on."""
    if not videos:
        return Card(title=say("You have no videos here yet"), parts=(Text(say("Describe one after /video.")),))
    return Card(title=say("Your last videos"), parts=(*_listed(videos, links), _menu(videos)))


def several(videos: Sequence[OwnVideo], links: Mapping[GenerationId, str]) -> Card:
    """The list of several videos that match."""
    return Card(title=say("Which one do you mean?"), parts=(*_listed(videos, links), _menu(videos)))


def none(text: str) -> Card:
    """No video of the team has these words."""
    return Card(
        title=say("I found no video with “{words}”", words=cut(text, PROMPT_MAX)),
        parts=(Text(say("Try other words of its description, or /video mine for your last ones.")),),
    )


def shown(
    generation: Generation, variations: Variations, *, link: str | None, labels: Mapping[ProviderName, str]
) -> Card:
    """One earlier video, with all its buttons."""
    view = View(
        generation=generation,
        attempts=(),
        labels=labels,
        now=generation.done_at or generation.created_at,
        variations=variations,
    )
    parts: list[Part] = [QuotedText(cut(generation.request.prompt, 300))]
    if link is not None:
        parts.append(Picture(f"{link}.jpg", alt=cut(generation.request.prompt, 300)))
    elif generation.clip is not None:
        parts.append(Text(say("The video is in its thread, in the channel where it was asked for.")))
    paid = generation.settled if generation.settled is not None else generation.consumed
    parts.append(SmallPrint(f"{label(generation.request.tier)} · {credit_count(paid)} · {generation.id.hex[:8]}"))
    parts.append(ListLine(say("Asked:"), (Moment(generation.created_at, with_day=True),)))
    if link is not None:
        parts.append(LinkButton(say("Watch"), link))
    parts.extend(after_success(view) if generation.outcome is Outcome.SUCCEEDED else (edit(generation),))
    return Card(title=say("Here it is"), parts=tuple(parts))


def _listed(videos: Sequence[OwnVideo], links: Mapping[GenerationId, str]) -> list[Part]:
    return [
        ListLine(
            f"“{cut(video.prompt, PROMPT_MAX)}”",
            (f"{label(video.tier)} · {status(video)} · ", Moment(video.created_at, with_day=True)),
            picture=Picture(f"{links[video.id]}.jpg", alt=cut(video.prompt, 300)) if video.id in links else None,
        )
        for video in videos
    ]


def _menu(videos: Sequence[OwnVideo]) -> Menu:
    choices = (Button(Action.SHOW, cut(video.prompt, LABEL_MAX) or "–", str(video.id)) for video in videos)
    return Menu(say("Bring one back"), tuple(choices))
