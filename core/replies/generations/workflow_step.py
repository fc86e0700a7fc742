"""The message to a step of a workflow that gets no video."""

from core.domain.generations.generation import Generation, Outcome
from core.replies.languages.say import say


def why_none(generation: Generation | None) -> str:
    """The reason in one sentence, for the manager of the workflow."""
    if generation is None:
        return say("The video was never begun, and nothing was taken for it. Please run the workflow again.")
    if generation.outcome is Outcome.CANCELLED:
        return say("The video was cancelled, and its credits came back.")
    return say("The video could not be made, and its credits came back. Its thread says why.")
