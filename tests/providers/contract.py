"""What every route promises. A vendor's test file holds its payloads, written from the vendor's documents, and subclasses
`Contract`: a route that passes may be put into a chain.
"""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, TryLater, WontWork
from core.ports import Cancelled, Failed, Job, RemoteClip, Running, Succeeded, VideoProvider
from core.providers.route import RouteConfig
from tests.providers.harness import (
    KEY,
    MP4,
    NOW,
    SENT_AT,
    Breaking,
    Endless,
    Hanging,
    Reply,
    Step,
    Vendor,
    adapter,
    job,
    offer,
    ok,
)

UNREADABLE = {
    "empty": b"",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "null": b"null",
    "a list": b"[]",
    "an empty object": b"{}",
    "a number": b"17",
    "cut off": b'{"id": "abc", "sta',
    "deep": b"[" * 200_000,
    "not utf-8": b'{"id": "\xff\xfe"}',
    "a lone surrogate": b'{"id": "\\ud800"}',
    "wrong types": b'{"id": {}, "name": [], "task_id": {}, "data": 7, "output": "x", "status": {}, "base_resp": []}',
}
NOT_FOUND = {ErrorClass.MODEL_GONE, ErrorClass.TASK_GONE}

Row = tuple[int, Any, ErrorClass]


class Contract:
    """One route's promises. The class variables are the vendor's: everything that differs."""

    route: ClassVar[str]
    config: ClassVar[RouteConfig] = RouteConfig(api_key=KEY)
    created: ClassVar[Reply]
    """The answer to a submit, and `task_id` the id it gives."""
    task_id: ClassVar[str]
    refusals: ClassVar[list[Row]]
    """Every row of the error table: HTTP status, body, class. A server's stumble counts as OUTCOME_UNKNOWN at submit."""
    running: ClassVar[list[Reply]]
    succeeded: ClassVar[list[Reply]]
    """The answers to one poll of a finished task."""
    url: ClassVar[str | None]
    failures: ClassVar[list[tuple[Any, ErrorClass]]]
    """Bodies of polls of failed tasks, and the class of the failure."""
    without_video: ClassVar[list[Any]]
    strange_state: ClassVar[Any]
    gone: ClassVar[list[Reply]] = []
    """What a poll of an unknown task gets, if the vendor has a way of saying so."""
    alive: ClassVar[list[Reply]]
    """Answers to `check` that mean that the key works."""
    listing: ClassVar[bool] = False
    """Whether lost submits can be found; then `found` makes the list's answers."""
    cancels: ClassVar[list[tuple[list[Reply], Cancelled]]] = [([ok({})], Cancelled.UNSUPPORTED)]

    def found(self, job: Job, *ids: str) -> Reply:
        """The list as it looks when these tasks are this job's."""
        raise NotImplementedError

    def foreign(self, job: Job) -> Reply:
        """The list as it looks when it holds a task of someone else's in the same minute."""
        raise NotImplementedError

    def job(self, **changes: Any) -> Job:
        return job(offer(self.route, self.config), **changes)

    def adapter(self, *steps: Step, **changes: Any) -> tuple[VideoProvider, Vendor]:
        vendor = Vendor(list(steps))
        return adapter(self.route, vendor, self.config, **changes), vendor

    def clip(self) -> RemoteClip:
        return RemoteClip(url="https://cdn.vendor.example/v.mp4?sig=1")

    # submit

    async def test_a_submit_gives_the_vendors_task_id(self) -> None:
        route, vendor = self.adapter(self.created)
        assert await route.submit(self.job()) == self.task_id
        assert len(vendor.requests) == 1
        assert vendor.requests[0].method == "POST"

    async def test_the_key_travels_in_a_header_and_never_in_an_address(self) -> None:
        route, vendor = self.adapter(self.created)
        await route.submit(self.job())
        request = vendor.requests[0]
        assert any(KEY in value for value in request.headers.values())
        assert KEY not in str(request.url)
        assert KEY not in request.content.decode()

    async def test_every_row_of_the_error_table_has_its_class(self) -> None:
        for status, body, error_class in self.refusals:
            route, vendor = self.adapter(Reply(status=status, body=body, headers={"retry-after": "7"}))
            with pytest.raises(ProviderError) as caught:
                await route.submit(self.job())
            assert caught.value.error_class is error_class, (status, body)
            assert caught.value.retry_after_s == 7
            assert isinstance(caught.value, OutcomeUnknown) is (error_class is ErrorClass.OUTCOME_UNKNOWN)
            assert len(vendor.requests) <= 2, "a submit is never repeated; a token may be renewed once"

    async def test_a_refused_question_has_the_same_class_but_never_an_unknown_outcome(self) -> None:
        for status, body, error_class in self.refusals:
            route, _ = self.adapter(Reply(status=status, body=body))
            try:
                answer = await route.poll(self.task_id)
            except ProviderError as error:
                assert not isinstance(error, OutcomeUnknown)
                if error_class not in {ErrorClass.OUTCOME_UNKNOWN, *NOT_FOUND}:
                    assert error.error_class is error_class, (status, body)
                if error_class in NOT_FOUND:
                    assert error.error_class is ErrorClass.TASK_GONE
            else:
                assert isinstance(answer, Failed), (status, body)
                assert answer.error.error_class is error_class

    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
    async def test_a_submit_with_an_unreadable_answer_is_an_unknown_outcome(self, body: bytes) -> None:
        route, _ = self.adapter(Reply(body=body))
        with pytest.raises(OutcomeUnknown):
            await route.submit(self.job())

    @pytest.mark.parametrize(
        "loss", [httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"),
                 httpx.WriteError("broken pipe"), httpx.WriteTimeout("slow"), ConnectionResetError("reset")],
        ids=lambda error: type(error).__name__,
    )  # fmt: skip
    async def test_a_lost_reply_is_an_unknown_outcome(self, loss: Exception) -> None:
        route, _ = self.adapter(loss)
        with pytest.raises(OutcomeUnknown):
            await route.submit(self.job())

    @pytest.mark.parametrize(
        "error", [httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), httpx.ConnectError("refused"),
                  httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full"), httpx.ProxyError("407")],
        ids=["tls", "refused", "connect timeout", "pool", "proxy"],
    )  # fmt: skip
    async def test_what_was_never_sent_may_be_sent_again(self, error: Exception) -> None:
        route, _ = self.adapter(error)
        with pytest.raises(TryLater) as caught:
            await route.submit(self.job())
        assert caught.value.error_class is ErrorClass.TRANSIENT_SERVER

    async def test_an_answer_of_200_mb_is_cut_off(self) -> None:
        for call in ("submit", "poll"):
            body = Endless()
            route, _ = self.adapter(httpx.Response(200, stream=body))
            with pytest.raises(ProviderError):
                await (route.submit(self.job()) if call == "submit" else route.poll(self.task_id))
            assert body.taken < 9 * 1024 * 1024

    async def test_a_hang_after_the_headers_ends_in_time(self) -> None:
        route, _ = self.adapter(lambda _: httpx.Response(200, stream=Hanging()), submit_s=0.02, ask_s=0.02)
        with pytest.raises(OutcomeUnknown):
            await route.submit(self.job())
        with pytest.raises(TryLater) as caught:
            await route.poll(self.task_id)
        assert caught.value.error_class is ErrorClass.TIMEOUT

    async def test_a_redirect_is_not_followed_and_the_key_stays(self) -> None:
        for status in (301, 302, 307, 308):
            elsewhere = Reply(status=status, body={}, headers={"location": "https://elsewhere.example/x"})
            route, vendor = self.adapter(elsewhere)
            with pytest.raises(TryLater):
                await route.submit(self.job())
            with pytest.raises(TryLater):
                await route.poll(self.task_id)
            assert all(request.url.host != "elsewhere.example" for request in vendor.requests)

    # poll

    async def test_a_task_under_way_is_running(self) -> None:
        for reply in self.running:
            route, _ = self.adapter(reply)
            assert isinstance(await route.poll(self.task_id), Running), reply.body

    async def test_a_finished_task_has_a_clip(self) -> None:
        route, _ = self.adapter(*self.succeeded)
        answer = await route.poll(self.task_id)
        assert isinstance(answer, Succeeded)
        assert answer.clip.url == self.url
        if answer.clip.expires_at is not None:
            assert answer.clip.expires_at.timestamp() > NOW

    async def test_a_failed_task_says_why(self) -> None:
        for body, error_class in self.failures:
            route, _ = self.adapter(ok(body))
            answer = await route.poll(self.task_id)
            assert isinstance(answer, Failed), body
            assert answer.error.error_class is error_class, body

    async def test_done_without_a_video_is_no_success(self) -> None:
        for body in self.without_video:
            route, _ = self.adapter(ok(body))
            assert isinstance(await route.poll(self.task_id), Failed), body

    async def test_a_state_that_nobody_knows_is_still_running(self) -> None:
        route, _ = self.adapter(ok(self.strange_state))
        assert isinstance(await route.poll(self.task_id), Running)

    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
    async def test_a_failed_status_request_is_never_a_failed_job(self, body: bytes) -> None:
        for status in (200, 400, 404, 408, 429, 500, 502, 503, 504):
            route, _ = self.adapter(Reply(status=status, body=body))
            with pytest.raises(ProviderError) as caught:
                await route.poll(self.task_id)
            assert not isinstance(caught.value, OutcomeUnknown)
            assert caught.value.error_class is not ErrorClass.TASK_GONE

    async def test_a_task_that_the_vendor_does_not_know_is_gone(self) -> None:
        for reply in self.gone:
            route, _ = self.adapter(reply)
            with pytest.raises(WontWork) as caught:
                await route.poll(self.task_id)
            assert caught.value.error_class is ErrorClass.TASK_GONE

    # find

    async def test_a_lost_submit_is_found(self) -> None:
        route, vendor = self.adapter(ok({}))
        assert route.facts.can_find is self.listing
        if not self.listing:
            assert await route.find(self.job(), sent_at=SENT_AT) is None
            assert vendor.requests == []
            return
        route, _ = self.adapter(self.found(self.job(), self.task_id))
        assert await route.find(self.job(), sent_at=SENT_AT) == self.task_id

    async def test_find_finds_nothing_where_there_is_nothing(self) -> None:
        if self.listing:
            for reply in (self.found(self.job()), self.foreign(self.job())):
                route, _ = self.adapter(reply)
                assert await route.find(self.job(), sent_at=SENT_AT) is None

    async def test_find_refuses_to_guess_between_two(self) -> None:
        if self.listing:
            route, _ = self.adapter(self.found(self.job(), self.task_id, self.task_id + "2"))
            assert await route.find(self.job(), sent_at=SENT_AT) is None

    async def test_a_list_that_cannot_be_read_is_not_an_empty_one(self) -> None:
        if self.listing:
            for reply in (ok({}), ok([]), Reply(body=b"<html>"), Reply(status=500, body=b"")):
                route, _ = self.adapter(reply)
                with pytest.raises(ProviderError) as caught:
                    await route.find(self.job(), sent_at=SENT_AT)
                assert not isinstance(caught.value, OutcomeUnknown)

    # cancel, check

    async def test_cancel_says_what_became_of_it(self) -> None:
        for replies, expected in self.cancels:
            route, _ = self.adapter(*replies)
            assert await route.cancel(self.task_id) is expected
            assert route.facts.can_cancel is (self.cancels[0][1] is not Cancelled.UNSUPPORTED)

    async def test_check_returns_while_the_route_is_alive(self) -> None:
        for reply in self.alive:
            route, vendor = self.adapter(reply)
            await route.check()
            assert len(vendor.requests) == 1

    async def test_check_tells_a_key_that_is_not_let_in(self) -> None:
        for status, body, error_class in self.refusals:
            if error_class in {ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED}:
                route, _ = self.adapter(Reply(status=status, body=body))
                with pytest.raises(WontWork) as caught:
                    await route.check()
                assert caught.value.error_class is error_class, (status, body)

    async def test_check_fails_while_the_vendor_is_away(self) -> None:
        for step in (httpx.ConnectError("refused"), httpx.ReadError("reset"), Reply(status=503, body=b"")):
            route, _ = self.adapter(step)
            with pytest.raises(TryLater):
                await route.check()

    async def test_a_route_without_a_key_says_so(self) -> None:
        bare = adapter(self.route, Vendor([self.created]), replace(self.config, api_key=None))
        assert not bare.facts.configured
        assert self.adapter(self.created)[0].facts.configured

    # download

    async def test_a_download_arrives_whole(self, tmp_path: Path) -> None:
        route, vendor = self.adapter(Reply(body=MP4))
        await route.download(self.task_id, self.clip(), to=tmp_path / "v.mp4")
        assert (tmp_path / "v.mp4").read_bytes() == MP4
        assert KEY not in str(vendor.requests[-1].headers), "the key is the API's, not the file store's"

    async def test_a_broken_download_goes_on_where_it_broke(self, tmp_path: Path) -> None:
        head = {"content-length": str(len(MP4)), "etag": '"v1"'}
        part = {"content-range": f"bytes 100-{len(MP4) - 1}/{len(MP4)}", "content-length": str(len(MP4) - 100)}
        route, vendor = self.adapter(
            httpx.Response(200, stream=Breaking(MP4[:60], MP4[60:100]), headers=head),
            Reply(status=206, body=MP4[100:], headers=part),
        )
        await route.download(self.task_id, self.clip(), to=tmp_path / "v.mp4")
        assert (tmp_path / "v.mp4").read_bytes() == MP4
        assert vendor.requests[-1].headers["range"] == "bytes=100-"
        assert vendor.requests[-1].headers["if-range"] == '"v1"'

    async def test_an_expired_link_asks_for_a_fresh_one(self, tmp_path: Path) -> None:
        for status in (403, 404, 410):
            route, _ = self.adapter(Reply(status=status, body=b"<Error>expired</Error>"))
            with pytest.raises(WontWork) as caught:
                await route.download(self.task_id, self.clip(), to=tmp_path / "v.mp4")
            assert caught.value.error_class is ErrorClass.TASK_GONE

    async def test_a_file_that_is_too_large_is_refused(self, tmp_path: Path) -> None:
        body = Endless()
        route, _ = self.adapter(httpx.Response(200, stream=body), download_bytes_max=1024 * 1024)
        with pytest.raises(WontWork):
            await route.download(self.task_id, self.clip(), to=tmp_path / "v.mp4")
        assert body.taken < 2 * 1024 * 1024

    async def test_a_redirect_to_another_host_goes_without_the_key(self, tmp_path: Path) -> None:
        moved = Reply(status=302, body=b"", headers={"location": "https://other.example/v.mp4"})
        route, vendor = self.adapter(moved, Reply(body=MP4))
        await route.download(self.task_id, self.clip(), to=tmp_path / "v.mp4")
        assert vendor.requests[-1].headers["host"] == "other.example"
        assert KEY not in str(vendor.requests[-1].headers)

    async def test_a_private_address_is_not_gone_to(self, tmp_path: Path) -> None:
        async def private(host: str, port: int) -> tuple[str, ...]:
            return ("93.184.216.34", "10.0.0.7")

        route, vendor = self.adapter(Reply(body=MP4), resolve=private)
        with pytest.raises(WontWork):
            await route.download(self.task_id, self.clip(), to=tmp_path / "v.mp4")
        assert vendor.requests == []

    # anything a vendor may answer

    @settings(
        max_examples=1200,
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors, HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_no_answer_makes_it_raise_anything_but_a_provider_error(self, data: st.DataObject) -> None:
        known = [self.created, *self.running, *self.succeeded, *self.alive, *(Reply(body=b) for b, _ in self.failures)]
        if self.listing:
            known += [self.found(self.job(), self.task_id), self.foreign(self.job())]
        replies = data.draw(st.lists(_answers([reply.body for reply in known]), min_size=1, max_size=3))

        async def ask() -> None:
            for call in ("submit", "poll", "find", "cancel", "check"):
                route, _ = self.adapter(*replies)
                try:
                    match call:
                        case "submit":
                            await route.submit(self.job())
                        case "poll":
                            await route.poll(self.task_id)
                        case "find":
                            await route.find(self.job(), sent_at=SENT_AT)
                        case "cancel":
                            await route.cancel(self.task_id)
                        case _:
                            await route.check()
                except ProviderError as error:
                    error.detail.encode()
                    assert "\x00" not in error.detail + error.vendor_code
                    assert call == "submit" or not isinstance(error, OutcomeUnknown)
                finally:
                    await route.aclose()

        asyncio.run(ask())


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(
    ["succeeded", "succeed", "failed", "Success", "Fail", "SUCCEEDED", "COMPLETED", "completed", "\x00", "../../x", "0"]
)  # fmt: skip
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_STATUSES = st.sampled_from([200, 200, 200, 201, 202, 204, 301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 529])


@st.composite
def _answers(draw: st.DrawFn, known: list[Any]) -> Reply:
    """Noise, any JSON, or an answer that the vendor does give with something in it replaced."""
    kind = draw(st.sampled_from(["noise", "json", "changed", "changed", "cut"]))
    if kind == "noise":
        body: Any = draw(st.binary(max_size=60))
    elif kind == "json":
        body = draw(_JSON)
    else:
        body = _changed(draw, draw(st.sampled_from(known)))
        if kind == "cut":
            text = json.dumps(body).encode()
            body = text[: draw(st.integers(0, len(text)))]
    headers = {"retry-after": draw(st.sampled_from(["", "3", "-1", "x" * 50, "Wed, 21 Oct 2099 07:28:00 GMT", "1e400"]))}
    return Reply(status=draw(_STATUSES), body=body, headers=headers)


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, bytes) or draw(st.integers(0, 5)) == 0:
        return draw(_JSON) if not isinstance(value, bytes) else value.decode("latin-1")
    if isinstance(value, dict):
        return {name: _changed(draw, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed(draw, inner) for inner in value]
    return value
