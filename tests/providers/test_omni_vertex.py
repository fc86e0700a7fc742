"""Gemini Omni on Vertex: the same interactions elsewhere, with access tokens and a bucket of the operator's."""

from dataclasses import replace
from pathlib import Path

from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.tiers import VEO
from core.providers.adapter import RouteConfig
from core.providers.registry import build
from tests.providers.harness import KEY, MP4, Reply, Vendor, adapter, ok
from tests.providers.test_omni import USAGE, VIDEO, TestOmni, interaction

IN_BUCKET = "gs://bucket/prefix/omni.mp4"
HOME = "/v1beta1/projects/P/locations/global/interactions"


class TestOmniVertex(TestOmni):
    home, cancel = "/v1beta1/projects/P/locations/global/interactions", ":cancel"
    route = "veo.vertex2"
    config = RouteConfig(api_key=KEY, extra={"project": "P", "storage_uri": "gs://bucket/prefix/"})
    succeeded = (ok(interaction("completed", VIDEO | {"uri": IN_BUCKET}, usage=USAGE)),)
    url = IN_BUCKET

    async def test_a_submit_runs_in_the_background_and_asks_for_an_address(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job(callback_url="https://us.example/cb"))
        request = vendor.requests[0]
        assert (request.url.host, request.url.path) == ("aiplatform.googleapis.com", HOME)
        assert request.headers["authorization"] == f"Bearer {KEY}"
        wish = vendor.bodies[0]["response_format"]
        assert (wish["delivery"], wish["gcs_uri"]) == ("uri", "gs://bucket/prefix/")

    async def test_polls_and_cancels_name_the_interaction(self) -> None:
        route, vendor = self.adapter(ok(interaction("in_progress")), ok(interaction("cancelled")))
        await route.poll(self.task_id)
        await route.cancel(self.task_id)
        asked = [(request.method, request.url.path) for request in vendor.requests]
        assert asked == [("GET", f"{HOME}/int-1"), ("POST", f"{HOME}/int-1:cancel")]

    async def test_the_file_comes_from_our_own_base_address_with_the_key(self, tmp_path: Path) -> None:
        route, vendor = self.adapter(Reply(body=MP4))
        await route.download(self.task_id, RemoteClip(url=IN_BUCKET), to=tmp_path / "v.mp4")
        assert vendor.requests[0].headers["host"] == "storage.googleapis.com"
        assert vendor.requests[0].headers["authorization"] == f"Bearer {KEY}"

    async def test_without_a_bucket_it_is_not_configured(self) -> None:
        bare = replace(self.config, extra={"project": "P"})
        assert not adapter(self.route, Vendor([self.created]), bare).facts.configured


def test_an_operator_with_a_service_account_alone_keeps_google_when_veo_ends() -> None:
    extra = {"project": "P", "storage_uri": "gs://b/"}
    registry = build({RouteKey("veo.vertex"): RouteConfig(api_key=KEY, extra=extra)})
    order = registry.order(VEO, gone={RouteKey("veo.vertex")})
    assert order[:2] == ("veo.vertex", "veo.vertex2")
    assert registry.routes[RouteKey("veo.vertex2")].facts.configured
