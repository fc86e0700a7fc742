"""Gemini Omni on Vertex: the same interactions elsewhere, with access tokens and a bucket of the operator's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.errors import WontWork
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.tiers import VEO
from core.providers.adapter import RouteConfig
from core.providers.registry import build
from tests.providers.google import said
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

    @pytest.mark.parametrize("missing", ["api_key", "project", "storage_uri", "nothing"])
    async def test_without_a_key_a_project_or_a_bucket_it_is_not_configured(self, missing: str) -> None:
        extra = {name: value for name, value in self.config.extra.items() if name != missing}
        given = replace(self.config, api_key=None if missing == "api_key" else KEY, extra=extra)
        facts = adapter(self.route, Vendor([self.created]), given).facts
        assert facts.configured is (missing == "nothing")
        assert (facts.key, facts.has_callbacks) == ("veo.vertex2", False)

    async def test_without_a_bucket_no_folder_is_asked_for(self) -> None:
        vendor = Vendor([self.created])
        await adapter(self.route, vendor, replace(self.config, extra={"project": "P"})).submit(self.job())
        assert "gcs_uri" not in vendor.bodies[0]["response_format"]

    async def test_without_an_address_there_is_nothing_to_fetch(self, tmp_path: Path) -> None:
        route, vendor = self.adapter(Reply(body=MP4))
        with pytest.raises(WontWork):
            await route.download(self.task_id, RemoteClip(url=None), to=tmp_path / "v.mp4")
        assert vendor.requests == []

    async def test_a_request_with_an_expired_token_is_sent_again_with_a_fresh_one(self, pem: str) -> None:
        account = {"client_email": "video@p.iam", "private_key": pem, "token_uri": "https://nobody.example"}
        extra = {**self.config.extra, "token_url": "https://tokens.example/token"}
        tokens = [Reply(body={"access_token": f"ya29.{n}"}) for n in (1, 2)]
        expired = Reply(status=401, body=said(401, "UNAUTHENTICATED"))
        vendor = Vendor([tokens[0], expired, tokens[1], self.created])
        route = adapter(self.route, vendor, RouteConfig(api_key=json.dumps(account), extra=extra))
        await route.submit(self.job())
        first, again = vendor.requests[1], vendor.requests[3]
        assert [request.url.host for request in vendor.requests[::2]] == ["tokens.example"] * 2
        assert (again.method, again.url, again.content) == (first.method, first.url, first.content)
        assert [sent.headers["authorization"] for sent in (first, again)] == ["Bearer ya29.1", "Bearer ya29.2"]


def test_an_operator_with_a_service_account_alone_keeps_google_when_veo_ends() -> None:
    extra = {"project": "P", "storage_uri": "gs://b/"}
    registry = build({RouteKey("veo.vertex"): RouteConfig(api_key=KEY, extra=extra)})
    order = registry.order(VEO, gone={RouteKey("veo.vertex")})
    assert order[:2] == ("veo.vertex", "veo.vertex2")
    assert registry.routes[RouteKey("veo.vertex2")].facts.configured
