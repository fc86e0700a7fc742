"""Pictures in Discord: files that go along with a command."""

from functools import partial

import discord
import httpx
from discord.http import Route

from bots.video_service import VideoService
from core.domain.requests.pictures import PICTURE_BYTES_MAX
from core.domain.requests.refusals import PictureTooLarge
from core.domain.requests.request import VideoRequest
from core.http.download import origin
from core.replies.chat.card import Card
from core.replies.requests.refusals import refused
from core.usecases.requests.pictures import Source


async def framed(
    request: VideoRequest,
    *,
    first: discord.Attachment | None,
    last: discord.Attachment | None,
    member: str,
    team: str,
    video_service: VideoService,
) -> VideoRequest | Card:
    """The request with its pictures, or why not."""
    if first is None and last is None:
        return request
    if any(file is not None and file.size > PICTURE_BYTES_MAX for file in (first, last)):
        return refused(PictureTooLarge(bytes_max=PICTURE_BYTES_MAX))
    return await video_service.pictures.framed(
        request,
        first=partial(_source, first) if first is not None else None,
        last=partial(_source, last) if last is not None else None,
        member=member,
        team=team,
    )


async def _source(file: discord.Attachment) -> Source:
    """Where Discord keeps it, which is public. What stands in for Discord keeps it beside its API."""
    return Source(url=file.url, allow_private=origin(file.url) == origin(httpx.URL(Route.BASE)))
