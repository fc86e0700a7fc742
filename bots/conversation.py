"""Makes a request of what a person typed: asks where the text is unclear, and keeps the text of a refused request.

This is the same on every platform. Each call ends with a generation, or with a card that only the person sees.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from bots.records import Sees
from bots.run_use_case import PATIENCE_S, run_use_case
from bots.video_service import VideoService
from core.domain.chat.principal import Belongs, Principal
from core.domain.errors import Refused
from core.domain.ids import ChannelId, MessageId, Thread
from core.domain.requests.drafts import (
    MOST_TAKES,
    Draft,
    answers,
    draft_of,
    go_on,
    pictures,
    request_of,
    retyped,
    takes_of,
    with_description,
)
from core.domain.requests.options import Option
from core.domain.requests.pictures import GivenPictures
from core.domain.requests.refusals import DraftGone, TooManyTakes
from core.domain.requests.request import VideoRequest, checked
from core.domain.rules.presets import Said
from core.replies.chat.card import Card, Tone
from core.replies.requests.carried import carried
from core.replies.requests.questions import (
    asks,
    fixable,
    improved,
    or_description,
    or_new,
    proposes,
    word_or_description,
)
from core.replies.requests.refusals import database_away, refused
from core.usecases.requests.rulings import InRoles, nobody
from core.usecases.requests.submit import PlaceIn, Submitted, VideoCommand
from core.usecases.requests.together import LimitsOf, nothing_counted

Framed = Callable[[VideoRequest, GivenPictures], Awaitable[VideoRequest | Card | None]]
"""Fetches pictures by their addresses; None where the platform takes no answer to this command any more."""
Asked = Callable[[], Awaitable[bool]]
"""A question that the platform answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The person who asks, the place, and the command or button by which they ask.

    Args:
        event: the platform's own id of the command or press; a redelivery has the same one.
        framed: fetches the pictures that the person gave.
        check: asks whether results can be posted in the channel; None where the platform cannot tell.
        asked_by: the person's name, where the platform does not show it by itself.
        locale, place_locale: the language of the person and of the place, as the platform names them.
        in_roles: asks which of the given roles the person has.
        place_in: gives the place in another channel in which a thread opens.
        limits: gives the rate limits that a root message in a place counts against.
        belongs: the person's relation to the workspace: a member, a guest, or a stranger.
        is_adult: whether the channel is restricted by age.
        is_private: whether only some people of the workspace may look into the channel.
        zone: the person's time zone; None where the platform does not know it.
    """

    principal: Principal
    channel: ChannelId
    place: Thread
    event: str
    is_admin: Asked
    framed: Framed
    check: Asked | None = None
    asked_by: str | None = None
    locale: str | None = None
    place_locale: str | None = None
    in_roles: InRoles = nobody
    place_in: PlaceIn | None = None
    limits: LimitsOf = nothing_counted
    belongs: Belongs = Belongs.MEMBER
    is_adult: bool = False
    is_private: Asked | None = None
    zone: Callable[[], Awaitable[str]] | None = None

    async def command(self, request: VideoRequest, draft: Draft | None) -> VideoCommand:
        """Their command for a request, which is that of a draft, or complete as it is."""
        return VideoCommand(
            platform=self.principal.platform,
            installation=self.principal.installation,
            channel=self.channel,
            user=self.principal.user,
            event=self.event,
            place=self.place,
            request=request,
            takes=1 if draft is None else takes_of(draft),
            asked_by=self.asked_by,
            locale=self.locale,
            place_locale=self.place_locale,
            belongs=self.belongs,
            is_adult=self.is_adult,
            is_private=self.is_private is not None and await self.is_private(),
            said=None if draft is None else _said(draft),
        )


class Conversation:
    """Asking for a video, for the people of one process."""

    def __init__(self, video_service: VideoService) -> None:
        self._service = video_service

    async def ask(self, draft: Draft, who: Asker) -> Submitted | Card | None:
        """Queue the video of a draft, or answer with a card that asks or refuses; None where no answer is possible."""
        answer = await self._asked(draft, who)
        return _unlost(answer, draft) if isinstance(answer, Card) else answer

    async def _asked(self, draft: Draft, who: Asker) -> Submitted | Card | None:
        reading = draft.reading
        if reading.questions:
            draft_id = await self._service.drafts.keep(draft, by=who.principal)
            like = await run_use_case(_requested(draft, is_checked=False), what="parse")
            prices = {} if isinstance(like, Card) else self._service.drafts.prices(like)
            return asks(reading, answers(draft, reading), draft_id=draft_id, prices=prices)
        try:
            request = await _requested(draft, is_checked=True)
        except Refused as first:
            refusal = await self._possible(first, draft, who)
            return await self._refused(draft, refusal, refused(refusal), who)
        if given := pictures(draft):
            framed = await who.framed(request, given)
            if not isinstance(framed, VideoRequest):
                return await self.fixable(draft, framed, who) if framed is not None else None
            request = framed
        return await self.request(request, who, draft=draft)

    async def request(self, request: VideoRequest, who: Asker, *, draft: Draft | None = None) -> Submitted | Card:
        """The same for a complete request, which comes from a form or a button."""
        answer = await self._complete(request, who, draft=draft)
        return _unlost(answer, draft) if isinstance(answer, Card) and draft is not None else answer

    async def _possible(self, refusal: Refused, draft: Draft, who: Asker) -> Refused:
        """The refusal of more takes than are made at once, if as many as may be cannot be had either."""
        if not isinstance(refusal, TooManyTakes) or (like := go_on(draft, MOST_TAKES)) is None:
            return refusal
        asked = await who.command(request_of(like), like)
        return await self._service.possible(refusal, asked, in_roles=who.in_roles)

    async def _complete(self, request: VideoRequest, who: Asker, *, draft: Draft | None) -> Submitted | Card:
        asked = await who.command(request, draft)
        typed = draft_of(request) if draft is None else draft
        # Pictures that are in our storage already need not be fetched again.
        typed = replace(
            typed,
            first_frame=request.first_frame,
            last_frame=request.last_frame,
            reference_keys=request.references,
        )

        async def fixed(refusal: Refused, card: Card) -> Card:
            return await self._refused(typed, refusal, card, who)

        if at := typed.reading.chosen.get(Option.AT):
            return await self._planned(asked, at, typed, who)
        return await self._service.video(
            asked,
            is_admin=who.is_admin,
            check=who.check,
            fix=fixed,
            sees=Sees(in_roles=who.in_roles, place_in=who.place_in, limits=who.limits),
        )

    async def _planned(self, asked: VideoCommand, at: str, typed: Draft, who: Asker) -> Card:
        """Write the video down for a later time."""
        zone = await who.zone() if who.zone is not None else "UTC"

        async def planned() -> Card:
            try:
                return await self._service.later.plan(asked, at, zone=zone, in_roles=who.in_roles)
            except Refused as refusal:
                return await self._refused(typed, refusal, refused(refusal), who)

        return await run_use_case(planned(), what="video", deadline_s=PATIENCE_S)

    async def pressed(self, request: VideoRequest, who: Asker, *, button: str) -> Submitted | Card:
        """A button that begins a video. Presses that follow within a moment count as one."""
        event = await self._service.drafts.pressed(who.event, by=who.principal, button=button)
        if isinstance(event, Card):
            return event
        return await self.request(request, replace(who, event=event))

    async def answered(self, subject: str, who: Asker) -> Submitted | Card | None:
        """A button of a question or a refusal: go on with the draft that it belongs to. Two presses make one video."""
        found = _draft_of(subject)
        if found is None:
            return refused(DraftGone())
        draft_id, way = found
        draft = await self._service.drafts.load(draft_id, by=who.principal)
        if isinstance(draft, Card):
            return draft
        chosen = go_on(draft, way)
        if chosen is None:
            return refused(DraftGone())
        return await self.ask(chosen, replace(who, event=f"draft:{draft_id.hex}:{way}"))

    async def unclear(self, text: str, word: str, *, by: Principal) -> Card:
        """A word of a command with other words behind it: ask whether it is a description."""
        draft = Draft(text=text)
        draft_id = await self._service.drafts.keep(draft, by=by)
        return _unlost(word_or_description(word, text, draft_id=draft_id), draft)

    async def show(self, words: str, text: str, *, by: Principal) -> Card:
        """Show an earlier video. Where none is found, the words may be a description: “show a dog”."""
        card = await self._service.results.show(words, by=by)
        if card.buttons or card.menus:
            return card
        draft = Draft(text=text)
        return _unlost(or_description(card, draft_id=await self._service.drafts.keep(draft, by=by)), draft)

    async def improve(self, draft: Draft, *, by: Principal) -> Card | None:
        """The draft with an improved description, which the person confirms first. None where no help is configured."""
        helper, reading = self._service.prompt_help, draft.reading
        if helper is None or not reading.prompt:
            return None
        written = await helper.improved(reading.prompt)
        literal = with_description(draft, written or reading.prompt)
        like = await run_use_case(_requested(literal, is_checked=False), what="parse")
        held = None if isinstance(like, Card) else self._service.drafts.prices(like).get(like.tier)
        held = held if held is None else held * takes_of(draft)
        own = await self._service.drafts.keep(with_description(draft, reading.prompt), by=by) if written else None
        draft_id = await self._service.drafts.keep(literal, by=by)
        if draft_id is None:
            return carried(database_away(unclear=False), retyped(draft))
        return improved(literal, draft_id=draft_id, credits_held=held, own_id=own, is_own=written is None)

    async def replied(
        self, words: str, *, by: Principal, thread: Thread | None = None, message: MessageId | None = None
    ) -> Card | None:
        """A reply to a video: its request, changed by these words, as a proposal. None where it is about no video."""
        draft = await self._service.results.changed(words, by=by, thread=thread, message=message)
        if not isinstance(draft, Draft):
            return draft if draft is None else _unlost(draft, Draft(text=words))
        card = await self.proposed(draft, by=by)
        return or_new(card, draft_id=await self._service.drafts.keep(Draft(text=words), by=by))

    async def proposed(self, draft: Draft, *, by: Principal) -> Card:
        """Words without a command, as a proposal with its price. No credits are taken before a button is pressed."""
        like = await run_use_case(_requested(draft, is_checked=False), what="parse")
        held = None if isinstance(like, Card) else self._service.drafts.prices(like).get(like.tier)
        draft_id = await self._service.drafts.keep(draft, by=by)
        if draft_id is None:
            return carried(database_away(unclear=False), retyped(draft))
        return proposes(draft, draft_id=draft_id, credits_held=held)

    async def draft(self, subject: str, *, by: Principal) -> Draft | Card:
        """The draft that a form is filled in with."""
        try:
            draft_id = UUID(subject)
        except ValueError:
            return refused(DraftGone())
        return await self._service.drafts.load(draft_id, by=by)

    async def fixable(self, draft: Draft, card: Card, who: Asker) -> Card:
        """A refusal that another part made, with the button to go on."""
        return await self._refused(draft, None, card, who) if card.tone in {Tone.WARNING, Tone.BAD} else card

    async def _refused(self, draft: Draft, refusal: Refused | None, card: Card, who: Asker) -> Card:
        draft_id = await self._service.drafts.keep(draft, by=who.principal)
        return _unlost(fixable(card, refusal, draft_id=draft_id), draft)


def _unlost(card: Card, draft: Draft) -> Card:
    """A refusal with what was typed in it, where no button of it leads on: the draft could not be kept."""
    return carried(card, retyped(draft), has_pictures=bool(draft.first_frame or draft.reference_keys))


def _said(draft: Draft) -> Said:
    chosen = draft.reading.chosen
    return Said(options=frozenset(chosen), preset=chosen.get(Option.PRESET, ""))


async def _requested(draft: Draft, *, is_checked: bool) -> VideoRequest:
    request = request_of(draft)
    return checked(request) if is_checked else request


def _draft_of(subject: str) -> tuple[UUID, int] | None:
    draft_id, _, way = subject.rpartition("-")
    try:
        return UUID(draft_id), int(way)
    except ValueError:
        return None
