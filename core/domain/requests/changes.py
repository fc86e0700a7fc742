"""What becomes of a request when somebody answers its video with words: make it night, tier:pro. Pure."""

from dataclasses import replace

from core.domain.requests.drafts import Draft, draft_of, with_pictures
from core.domain.requests.pictures import by_order
from core.domain.requests.reading import read, written
from core.domain.requests.request import PROMPT_MAX, VideoRequest

_ENDS = " .,;:!?"


def changed_by(request: VideoRequest, words: str) -> Draft:
    """The request with what was said: options take the place of those that were, all else joins the description.

    The video is another one, so that a seed which nobody named again is not kept.
    """
    said = read(words)
    before = draft_of(replace(request, seed=None))
    options = {**before.reading.chosen, **said.chosen}
    text = " ".join(written(option, value) for option, value in options.items())
    description = request.prompt
    if said.prompt:
        description = f"{request.prompt.rstrip(_ENDS)}, {said.prompt.strip(_ENDS)}"
    return replace(before, text=text, description=description[:PROMPT_MAX])


def of_message(text: str, pictures: tuple[str, ...], *, is_veiled: bool = False) -> Draft:
    """What a message gives: its words as they are, and its pictures.

    Args:
        pictures: addresses.
        is_veiled: they are behind a veil there, and so is what is made of them.
    """
    said = Draft(text="", description=" ".join(text.split())[:PROMPT_MAX], is_veiled=is_veiled)
    return with_pictures(said, by_order(pictures))
