"""Finds pictures in Slack. Commands cannot carry files, so a picture is given by its address, also of a file in Slack.

Files are read with the bot's token, which may see more than the person does. So a file is used only if it is the
person's own or is shared in the channel of the command; and the token is sent to Slack alone.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

import httpx
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import ChannelId, UserId
from core.domain.requests.pictures import GivenPictures, by_order
from core.domain.requests.refusals import NotAPicture, PictureLate, PictureNotFetched, PictureNotYours
from core.domain.requests.request import VideoRequest
from core.http.base_client import address
from core.http.download import Origin, origin
from core.replies.chat.card import Card
from core.usecases.requests.pictures import Source

_FILE = re.compile(r"/files(?:-pri|-tmb)?/(?:[UW][A-Z0-9]+/)?(?:T[A-Z0-9]+-)?(F[A-Z0-9]{6,})(?:[/-]|$)")
_SLACK = ("slack.com", "slack-files.com")


class Frames:
    """Finds the pictures of a workspace."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._service = video_service
        self._web = web
        self._api = httpx.URL(web.base_url)

    async def typed(
        self, request: VideoRequest, given: GivenPictures, *, user: UserId, channel: ChannelId
    ) -> VideoRequest | Card:
        """The request with the pictures whose addresses were typed, or a card that says why not."""
        find = partial(self._typed, user=user, channel=channel)
        return await self._framed(request, given, find, user=user)

    async def _framed(
        self, request: VideoRequest, given: GivenPictures, find: Callable[[str], Awaitable[Source]], *, user: UserId
    ) -> VideoRequest | Card:
        return await self._service.pictures.framed(
            request,
            first=partial(find, given.first) if given.first is not None else None,
            last=partial(find, given.last) if given.last is not None else None,
            references=[partial(find, each) for each in given.references],
            member=user,
            team=_SLACK[0],
        )

    async def uploaded(self, request: VideoRequest, files: Sequence[str], *, user: UserId) -> VideoRequest | Card:
        """The request with files that the person has put into a form, or has seen in a message, in their order."""
        return await self._framed(request, by_order(files), self._of_file, user=user)

    async def _typed(self, given: str, *, user: UserId, channel: ChannelId) -> Source:
        url = address(given)
        if url is None:
            raise PictureNotFetched
        if self._is_slacks(url):
            if (file := _FILE.search(url.path)) is None:
                raise PictureNotFetched
            return await self._of_file(file[1], seen_by=(user, channel))
        return Source(url=given)

    async def _of_file(self, file_id: str, *, seen_by: tuple[UserId, ChannelId] | None = None) -> Source:
        file = await self._info(file_id)
        if seen_by is not None and not _may_use(file, *seen_by):
            raise PictureNotYours
        url = address(str(file.get("url_private_download") or file.get("url_private") or ""))
        if url is None:
            raise PictureNotFetched
        if str(file.get("mimetype") or "image/").partition("/")[0] != "image":
            raise NotAPicture
        trusted: dict[Origin, dict[str, str]] = {}
        if self._is_slacks(url):  # files of other services are fetched from their own addresses
            trusted[origin(url)] = {"authorization": f"Bearer {self._web.token}"}
        return Source(url=str(url), trusted=trusted, allow_private=origin(url) == origin(self._api))

    async def _info(self, file_id: str) -> dict[str, Any]:
        try:
            async with translated("files.info"):
                try:
                    answer = await self._web.files_info(file=file_id)
                except SlackApiError as error:
                    if isinstance(error.response.data, dict) and error.response.data.get("error") in _NOT_HAD:
                        raise PictureNotYours from error
                    raise
        except ChatError as error:
            raise PictureLate from error
        file = answer.get("file")
        return file if isinstance(file, dict) else {}

    def _is_slacks(self, url: httpx.URL) -> bool:
        """Whether the token may be sent to this address: Slack itself over TLS, or its stand-in."""
        host = url.host.lower()
        known = any(host == name or host.endswith(f".{name}") for name in _SLACK)
        return (url.scheme == "https" and known) or origin(url) == origin(self._api)


_NOT_HAD = frozenset({"file_not_found", "file_deleted", "access_denied", "not_visible"})


def _may_use(file: dict[str, Any], user: UserId, channel: ChannelId) -> bool:
    """Whether the file is the person's own, or everybody in the channel can see it."""
    places = [place for kind in ("channels", "groups", "ims") for place in file.get(kind) or ()]
    return file.get("user") == user or channel in places


def pictures_in(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The files of a message that are pictures."""
    files = message.get("files")
    for file in files if isinstance(files, list) else []:
        if str(file.get("mimetype", "")).startswith("image/"):
            yield file


def given_in(message: dict[str, Any]) -> GivenPictures:
    """The addresses of the pictures in a message that somebody has written."""
    return by_order([str(file["url_private"]) for file in pictures_in(message) if file.get("url_private")])
