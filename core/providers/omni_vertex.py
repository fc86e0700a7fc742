"""Gemini Omni on Vertex, for operators with a service account when Veo ends there.

Facts of 2026-11-30: the location is always global, an interaction is cancelled with `:cancel`, and the video goes into
a bucket of the operator's (`storage_uri`, needed). No callbacks.
"""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from core.domain.generations.remote_clip import RemoteClip
from core.http.client import HttpSettings
from core.http.responses import Answer, Call
from core.ports import VideoJob
from core.providers.adapter import Adapter, RouteConfig
from core.providers.google import Tokens, service_account
from core.providers.omni import Omni, facts_of, request
from core.providers.vertex import base_url_of, fetch_object

DEFAULTS = RouteConfig(
    model="gemini-omni-1.2-flash", submits_per_min=50, extra={"storage_url": "https://storage.googleapis.com"}
)


class OmniVertex(Omni):
    """The Interactions API with an access token or a service account; `project` and `storage_uri` are needed."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        config = replace(config, base_url=config.base_url or base_url_of("global"))
        extra = config.extra
        configured = bool(config.api_key and extra.get("project") and extra.get("storage_uri"))
        facts = facts_of(config, key="veo.vertex2", configured=configured, has_callbacks=False)
        Adapter.__init__(self, facts, config, wiring)
        self._tokens = Tokens(secret=service_account(self.key), wiring=wiring, token_url=extra.get("token_url", ""))
        self.home = f"/v1beta1/projects/{extra.get('project', '')}/locations/global/interactions"

    async def headers(self, call: Call) -> dict[str, str]:
        return await self._tokens.bearer(call)

    def path(self, name: str, verb: str = "") -> str:
        return f"{self.home}/{quote(name, safe='')}{f':{verb}' if verb else ''}"

    def body(self, job: VideoJob) -> dict[str, object]:
        return request(job, self.model, gcs_uri=self.config.extra.get("storage_uri", ""))

    async def ask(self, call: Call, method: str, path: str, *, body: object = None) -> Answer:
        answer = await super().ask(call, method, path, body=body)
        if answer.status == 401:
            self._tokens.forget()
            answer = await super().ask(call, method, path, body=body)
        return answer

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        await fetch_object(self, clip.url or "", key=await self.headers(Call.ASK), to=to)
