"""What an adapter is asked for: a generation's request as a job for one route."""

from core.domain.generations.generation import Generation
from core.domain.ids import external_id
from core.domain.requests.options import values
from core.domain.requests.pricing import Fitted, Offer
from core.ports import VideoJob
from worker.pictures import Frames


def job_for(
    generation: Generation,
    *,
    n: int,
    fitted: Fitted,
    offer: Offer,
    frames: Frames,
    callback_url: str | None = None,
) -> VideoJob:
    """The job of attempt n. The same attempt always gives the same job, so that a lost one can be looked up."""
    request = generation.request
    return VideoJob(
        generation_id=generation.id,
        attempt=n,
        external_id=external_id(generation.id, n),
        prompt=cut(request.prompt, offer.capabilities.prompt_max),
        fitted=fitted,
        first_frame=frames.first,
        last_frame=frames.last,
        references=frames.references,
        callback_url=callback_url,
        **values(request),
    )


def cut(text: str, length: int) -> str:
    """The text's beginning, up to a word's end."""
    if len(text) <= length:
        return text
    head = text[:length]
    return head.rsplit(" ", 1)[0] if " " in head else head
