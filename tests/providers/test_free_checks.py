"""The read that each route's free check makes, and that an operator's limits are the route's own.

A new route needs no row here: its contract shows that its check works.
"""

import pytest

from core.domain.errors import ProviderError
from core.providers.adapter import RouteConfig
from tests.providers.harness import KEY, Vendor, adapter, ok

NOBODY = "00000000-0000-4000-8000-000000000000"
CHECKS = {
    "veo.vertex": "POST us-central1-aiplatform.googleapis.com /v1/projects/p/locations/us-central1"
    "/publishers/google/models/veo-3.1-generate-001:fetchPredictOperation",
    "veo.vertex2": f"GET aiplatform.googleapis.com /v1beta1/projects/p/locations/global/interactions/{NOBODY}",
    "veo.gemini": f"GET generativelanguage.googleapis.com /v1beta/models/veo-3.1-generate-preview/operations/{NOBODY}",
    "veo.omni": f"GET generativelanguage.googleapis.com /v1/interactions/{NOBODY}",
    "kling.api": "GET api-singapore.klingai.com /tasks?external_task_ids=neverdark-check",
    "kling.legacy": "GET api-singapore.klingai.com /v1/videos/text2video?pageNum=1&pageSize=1",
    "seedance.ark": "GET ark.ap-southeast.bytepluses.com /api/v3/contents/generations/tasks?page_num=1&page_size=1",
    "seedance.ark2": "GET ark.ap-southeast.bytepluses.com /api/v3/contents/generations/tasks?page_num=1&page_size=1",
    "seedance.volc": "GET ark.cn-beijing.volces.com /api/v3/contents/generations/tasks?page_num=1&page_size=1",
    "seedance.volc2": "GET ark.cn-beijing.volces.com /api/v3/contents/generations/tasks?page_num=1&page_size=1",
    "hailuo.api": "GET api.minimax.io /v1/query/video_generation?task_id=0",
    "hailuo.api2": "GET api.minimax.io /v2/query/video_generation?page_num=1&page_size=1",
    "hailuo.cn": "GET api.minimaxi.com /v1/query/video_generation?task_id=0",
    "hailuo.cn2": "GET api.minimaxi.com /v2/query/video_generation?page_num=1&page_size=1",
    "wan.dashscope": "GET dashscope-intl.aliyuncs.com /api/v1/tasks?page_no=1&page_size=1",
    "wan.dashscope2": "GET dashscope-intl.aliyuncs.com /api/v1/tasks?page_no=1&page_size=1",
    "wan.beijing": "GET dashscope.aliyuncs.com /api/v1/tasks?page_no=1&page_size=1",
    "wan.beijing2": "GET dashscope.aliyuncs.com /api/v1/tasks?page_no=1&page_size=1",
    "veo.fal": f"GET queue.fal.run /fal-ai/veo3.1/requests/{NOBODY}/status",
    "kling.fal": f"GET queue.fal.run /fal-ai/kling-video/requests/{NOBODY}/status",
    "seedance.fal": f"GET queue.fal.run /fal-ai/bytedance/requests/{NOBODY}/status",
    "hailuo.fal": f"GET queue.fal.run /fal-ai/minimax/requests/{NOBODY}/status",
    "wan.fal": f"GET queue.fal.run /fal-ai/wan/requests/{NOBODY}/status",
    "veo.replicate": "GET api.replicate.com /v1/predictions",
    "kling.replicate": "GET api.replicate.com /v1/predictions",
    "seedance.replicate": "GET api.replicate.com /v1/predictions",
    "hailuo.replicate": "GET api.replicate.com /v1/predictions",
    "wan.replicate": "GET api.replicate.com /v1/predictions",
}


@pytest.mark.parametrize("key", CHECKS)
async def test_a_free_check_reads_what_is_written_here_and_nothing_else(key: str) -> None:
    vendor = Vendor([ok({}, status=401)])
    route = adapter(key, vendor, RouteConfig(api_key=KEY, extra={"project": "p"}))
    with pytest.raises(ProviderError):
        await route.check()
    reads = {f"{asked.method} {asked.url.host} {asked.url.raw_path.decode()}" for asked in vendor.requests}
    assert reads == {CHECKS[key]}, "Vertex reads again, with a fresh token"


@pytest.mark.parametrize("key", CHECKS)
def test_what_an_operator_sets_of_a_route_is_what_the_route_says_of_itself(key: str) -> None:
    config = RouteConfig(api_key=KEY, model="m-1", max_in_flight=3, submits_per_min=7)
    facts = adapter(key, Vendor([ok({})]), config).facts
    assert (facts.model, facts.max_in_flight, facts.submits_per_min) == ("m-1", 3, 7)
