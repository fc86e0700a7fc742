"""What a bot does about steps of workflows: one waits for the video that it asks for, or hears at once why not."""

from bots.run_use_case import run_use_case
from core.domain.ids import GenerationId, Installation, PlatformName, Thread
from core.replies.chat.card import Card
from core.runtime import Runtime
from core.usecases.requests import workflow_step


class WorkflowSteps:
    """The steps of one process's workspaces."""

    def __init__(self, runtime: Runtime) -> None:
        self._pool = runtime.pool

    async def wait(
        self, *, platform: PlatformName, installation: Installation, event: str, place: Thread, reference: str
    ) -> GenerationId | Card:
        """The generation that a step waits for from now on."""
        work = workflow_step.wait(
            platform=platform, installation=installation, event=event, place=place, reference=reference, pool=self._pool
        )
        return await run_use_case(work, what="step")

    async def answered(self, wanted: GenerationId) -> None:
        """It has heard already that there will be none."""
        await run_use_case(workflow_step.no_longer(wanted, pool=self._pool), what="step")
