"""The contract of every route.

A vendor's test file holds its payloads, written from the vendor's documents, in a subclass of `Contract`: a route that
passes may be put into a chain. Each codec goes through `Noise` as well.
"""

import json
from dataclasses import replace

import httpx
import pytest

from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, TryLater, WontWork
from core.ports import Cancelled, TaskFailed, TaskRunning, TaskSucceeded
from tests.providers.case import failure
from tests.providers.downloads import Downloads
from tests.providers.harness import KEY, NOW, SENT_AT, Endless, Hanging, Reply, Vendor, adapter, ok

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


class Contract(Downloads):
    """One route's promises."""

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

    async def test_an_error_keeps_the_code_and_the_words_that_the_vendor_gives(self) -> None:
        codes, words = set(), set()
        for status, body, _ in self.refusals:
            route, _ = self.adapter(Reply(status=status, body=body))
            error = await failure(route.submit(self.job()))
            assert error is not None
            said = "" if isinstance(body, bytes) else json.dumps(body)
            codes |= {error.vendor_code} - {"", str(status)} if error.vendor_code in said else set()
            words |= {error.detail} - {""} if error.detail in said else set()
        assert bool(codes) is self.has_codes
        assert words

    async def test_a_refused_question_has_the_same_class_but_never_an_unknown_outcome(self) -> None:
        for status, body, error_class in self.refusals:
            route, _ = self.adapter(Reply(status=status, body=body))
            error = await failure(route.poll(self.task_id))
            assert error is not None, (status, body)
            assert not isinstance(error, OutcomeUnknown)
            if error_class in NOT_FOUND:
                assert error.error_class is ErrorClass.TASK_GONE, (status, body)
            elif error_class is not ErrorClass.OUTCOME_UNKNOWN:
                assert error.error_class is error_class, (status, body)

    async def test_a_submit_with_an_unreadable_answer_is_an_unknown_outcome(self) -> None:
        for name, body in UNREADABLE.items():
            route, _ = self.adapter(Reply(body=body))
            assert isinstance(await failure(route.submit(self.job())), OutcomeUnknown), name

    async def test_a_lost_reply_is_an_unknown_outcome(self) -> None:
        for loss in (
            httpx.ReadError("reset"),
            httpx.ReadTimeout("slow"),
            httpx.RemoteProtocolError("cut"),
            httpx.WriteError("broken pipe"),
            httpx.WriteTimeout("slow"),
            ConnectionResetError("reset"),
        ):
            route, _ = self.adapter(loss)
            assert isinstance(await failure(route.submit(self.job())), OutcomeUnknown), loss

    async def test_what_was_never_sent_may_be_sent_again(self) -> None:
        for cause in (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"),
            httpx.ConnectError("refused"),
            httpx.ConnectTimeout("slow"),
            httpx.PoolTimeout("full"),
            httpx.ProxyError("407"),
        ):
            route, _ = self.adapter(cause)
            error = await failure(route.submit(self.job()))
            assert isinstance(error, TryLater), cause
            assert error.error_class is ErrorClass.TRANSIENT_SERVER

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
            assert isinstance(await route.poll(self.task_id), TaskRunning), reply.body

    async def test_a_finished_task_has_a_clip(self) -> None:
        route, _ = self.adapter(*self.succeeded)
        answer = await route.poll(self.task_id)
        assert isinstance(answer, TaskSucceeded)
        assert answer.clip.url == self.url
        if answer.clip.expires_at is not None:
            assert answer.clip.expires_at.timestamp() > NOW

    async def test_a_failed_task_says_why(self) -> None:
        for body, error_class in self.failures:
            route, _ = self.adapter(ok(body))
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskFailed), body
            assert answer.error.error_class is error_class, body

    async def test_done_without_a_video_is_no_success(self) -> None:
        for body in self.without_video:
            route, _ = self.adapter(ok(body))
            answer = await route.poll(self.task_id)
            assert isinstance(answer, TaskFailed), body
            assert answer.error.error_class is ErrorClass.TRANSIENT_SERVER, body

    async def test_a_state_that_nobody_knows_is_still_running(self) -> None:
        route, _ = self.adapter(ok(self.strange_state))
        assert isinstance(await route.poll(self.task_id), TaskRunning)

    async def test_a_failed_status_request_is_never_a_failed_job(self) -> None:
        for name, body in UNREADABLE.items():
            for status in (200, 400, 404, 408, 429, 500, 502, 503, 504):
                route, _ = self.adapter(Reply(status=status, body=body))
                with pytest.raises(ProviderError) as caught:
                    await route.poll(self.task_id)
                assert not isinstance(caught.value, OutcomeUnknown), (status, name)
                assert caught.value.error_class is not ErrorClass.TASK_GONE, (status, name)

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
