"""Shows the way from a request to its video as a plan of few steps, each pending, running, done or failed."""

from dataclasses import replace

from core.domain.chat.delivery import Kind
from core.domain.generations.generation import Attempt, AttemptState, Outcome, State
from core.replies.chat.card import Card, Tone
from core.replies.chat.plan_step import PlanStep, StepState
from core.replies.generations.view import View
from core.replies.languages.say import say

_FAILED = frozenset({AttemptState.REJECTED, AttemptState.FAILED, AttemptState.LATE, AttemptState.ABANDONED})
TRIES_SHOWN = 6


def with_plan(card: Card, view: View, *, kind: Kind) -> Card:
    """The progress card with its plan; any other card as it is."""
    return replace(card, plan=plan(view)) if kind is Kind.PROGRESS or card.tone is Tone.WORKING else card


def plan(view: View) -> tuple[PlanStep, ...]:
    """The steps now: one for each provider that works or worked on it, and those before and after."""
    generation = view.generation
    is_over = generation.state in {State.DELIVERING, State.DONE}
    is_made = generation.outcome is Outcome.SUCCEEDED
    waits = generation.state in {State.ASKING, State.QUEUED} and not view.attempts
    steps = [PlanStep(say("Take the request"), StepState.RUNNING if waits and not is_over else StepState.DONE)]
    tries = list(view.attempts)[-TRIES_SHOWN:]
    steps += [_of_attempt(attempt, view) for attempt in tries]
    if not tries and not is_over:
        steps.append(PlanStep(say("Have it made"), StepState.PENDING))
    if is_over and not is_made:
        is_cancelled = generation.outcome is Outcome.CANCELLED
        end = say("Cancelled; credits come back") if is_cancelled else say("Gave up; credits come back")
        steps.append(PlanStep(end, StepState.FAILED))
        return tuple(steps)
    check = StepState.DONE if is_made else StepState.PENDING
    if generation.state is State.STORING:
        check = StepState.RUNNING
    steps.append(PlanStep(say("Check the video and keep it"), check))
    bring = StepState.DONE if generation.state is State.DONE else StepState.PENDING
    if generation.state is State.DELIVERING:
        bring = StepState.RUNNING
    steps.append(PlanStep(say("Bring it here"), bring))
    return tuple(steps)


def _of_attempt(attempt: Attempt, view: View) -> PlanStep:
    title = say("Render with {provider}", provider=view.label(attempt.provider))
    if attempt.state is AttemptState.SUCCEEDED:
        return PlanStep(title, StepState.DONE)
    if attempt.state in _FAILED:
        return PlanStep(title, StepState.FAILED, say("did not work out; the next one takes over"))
    is_over = view.generation.state in {State.DELIVERING, State.DONE}
    return PlanStep(title, StepState.FAILED if is_over else StepState.RUNNING)
