"""LiteLLM's Router at the other end of a pipe: run by a Python that has the package, knows nothing of ours.

One JSON object a line: `open` with the vendors' addresses, `make`, `status`, `content`; one answer a line.
"""

import asyncio
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

TIMEOUT_S = 1.0


class Caller:
    """A caller that lets the Router choose."""

    def __init__(self, litellm: Any) -> None:
        self.litellm = litellm
        self.router: Any = None

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What comes of one line."""
        try:
            match asked["do"]:
                case "open":
                    self.router = self._router(asked["first"], asked["second"])
                    return {"ok": True}
                case "make":
                    video = await self.router.avideo_generation(
                        model="video", prompt=asked["prompt"], seconds="8", size="1920x1080", timeout=TIMEOUT_S
                    )
                    return {"ok": True, "id": video.id}
                case "status":
                    video = await self.litellm.avideo_status(video_id=asked["id"], timeout=TIMEOUT_S, **self._at(asked))
                    return {"ok": True, "status": video.status}
                case _:
                    data = await self.litellm.avideo_content(video_id=asked["id"], timeout=10, **self._at(asked))
                    Path(asked["to"]).write_bytes(data)  # noqa: ASYNC240 - one caller, a small file
                    return {"ok": True}
        except Exception as error:  # noqa: BLE001 - the package raises whatever its vendors do
            return {"ok": False, "error": f"{type(error).__name__}: {error}"[:300]}

    def _at(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"api_base": asked["base"], "api_key": "key"}

    def _router(self, first: str, second: str) -> Any:
        models = (("gemini/veo-3.1-generate-preview", first), ("dashscope/wan2.2-t2v-plus", second))
        deployments = [
            {
                "model_name": name,
                "litellm_params": {"model": model, "api_base": base, "api_key": "key", "timeout": TIMEOUT_S},
            }
            for name, (model, base) in zip(("video", "video-next"), models, strict=True)
        ]
        after = [{"video": ["video-next"]}]
        return self.litellm.Router(model_list=deployments, num_retries=0, fallbacks=after)


async def main() -> None:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the internet for prices
    litellm = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    caller = Caller(litellm)
    out = sys.stdout
    sys.stdout = sys.stderr
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(await caller.answer(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
