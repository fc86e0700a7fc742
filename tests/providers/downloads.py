"""The contract of every route for the download of a finished video."""

from pathlib import Path

import httpx
import pytest

from core.domain.errors import ErrorClass, WontWork
from tests.providers.case import Case
from tests.providers.harness import KEY, MP4, Breaking, Endless, Reply


class Downloads(Case):
    """The part of the contract after the poll."""

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
