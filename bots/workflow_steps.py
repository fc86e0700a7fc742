"""What a bot does about steps of workflows: a step waits for its video, or is told at once why there is none."""

from bots.run_use_case import run_use_case
from core.domain.ids import GenerationId, Installation, PlatformName, Thread
from core.replies.chat.card import Card
from core.runtime import Runtime
from core.usecases.requests import workflow_step


class WorkflowSteps:
    """The workflow steps that one process knows."""

    def __init__(self, runtime: Runtime) -> None:
        self._pool = runtime.pool

    async def wait(
        self, *, platform: PlatformName, installation: Installation, event: str, place: Thread, reference: str
    ) -> GenerationId | Card:
        """Note the generation for which a step waits."""
        work = workflow_step.wait(
            platform=platform, installation=installation, event=event, place=place, reference=reference, pool=self._pool
        )
        return await run_use_case(work, what="step")

    async def answered(self, wanted: GenerationId) -> None:
        """Note that the step has been told that it gets no video."""
        await run_use_case(workflow_step.no_longer(wanted, pool=self._pool), what="step")
