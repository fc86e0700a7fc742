"""Fetches the pictures that people attach to a command in Discord."""

from functools import partial

import httpx
from discord.http import Route

from bots.video_service import VideoService
from core.domain.requests.pictures import GivenPictures
from core.domain.requests.refusals import PictureNotFetched
from core.domain.requests.request import VideoRequest
from core.http.base_client import address
from core.http.download import origin
from core.replies.chat.card import Card
from core.usecases.requests.pictures import Source


async def framed(
    request: VideoRequest,
    given: GivenPictures,
    *,
    member: str,
    team: str,
    video_service: VideoService,
) -> VideoRequest | Card:
    """The request with the pictures at these addresses, or a card that says why not."""
    return await video_service.pictures.framed(
        request,
        first=partial(_source, given.first) if given.first is not None else None,
        last=partial(_source, given.last) if given.last is not None else None,
        references=[partial(_source, each) for each in given.references],
        member=member,
        team=team,
    )


async def _source(given: str) -> Source:
    """The source of a picture: Discord's public CDN, or the stand-in's own address."""
    url = address(given)
    if url is None:
        raise PictureNotFetched
    return Source(url=given, allow_private=origin(url) == origin(httpx.URL(Route.BASE)))
