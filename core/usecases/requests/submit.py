"""A person asks for a video: price it, take the credits and write the generation down, all or nothing.

Where an admin has to let it go first, the generation is written down and waits, and nothing is taken: see `approve`.

The rules of the workspace decide first, and what they count is counted with the credits: see `rulings`. The same
command delivered twice finds its generation and changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.db.errors import ACQUIRE_TIMEOUT_S, DatabaseAway, connection, statement
from core.db.generations import claims, submissions
from core.db.generations.delivery_rows import Delivery
from core.db.generations.submissions import Submission, SubmissionAnswer, SubmissionStatus
from core.db.pool import Pool
from core.domain.chat.principal import Belongs
from core.domain.credits.money import MoneyStatus
from core.domain.ids import (
    ChannelId,
    GenerationId,
    Installation,
    PlatformName,
    Thread,
    UserId,
    generation_id,
)
from core.domain.requests.refusals import (
    NothingArrives,
)
from core.domain.requests.request import VideoRequest, checked
from core.domain.requests.terms import Terms
from core.domain.rules.decision import NotAllowed
from core.domain.rules.presets import Said
from core.usecases.requests import rulings
from core.usecases.requests.plans import plans_of
from core.usecases.requests.refuse import refuse
from core.usecases.requests.rulings import Asking, InRoles, Ruling, nobody
from core.usecases.requests.together import LimitsOf, Together, nothing_counted, written

ROOT_LEASE_S = 20.0
"""How long a bot has for posting the root message before a worker does it; one that is still at it renews the lease."""
DECISIONS_MOST = 4
"""Managers may change the rules while a request is decided; so often it is decided anew."""

PlaceIn = Callable[[ChannelId], Thread]
"""Where a thread is opened in another channel of the same workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCommand:
    """One command, event or button press that asks for a video.

    Args:
        event: the platform's own id of it, the same in every redelivery.
        place: where the thread is to be opened.
        takes: how many videos of it are wanted at once; all of them or none.
        asked_by: the person's name, where the platform does not show it by itself.
        locale, place_locale: the languages of the person and of the place, as the platform names them.
        belongs: what the person is to the workspace.
        is_adult: the platform restricts the channel by age.
        is_private: not everybody of the workspace may look into the channel.
        said: what was said of it; what was not comes from a preset or the channel. None: it is complete as it is.
    """

    platform: PlatformName
    installation: Installation
    channel: ChannelId
    user: UserId
    event: str
    place: Thread
    request: VideoRequest
    takes: int = 1
    asked_by: str | None = None
    locale: str | None = None
    place_locale: str | None = None
    belongs: Belongs = Belongs.MEMBER
    is_adult: bool = False
    is_private: bool = False
    said: Said | None = None

    @property
    def asking(self) -> Asking:
        """The person, the place and the given options, as rules look at them."""
        return Asking(
            platform=self.platform,
            installation=self.installation,
            channel=self.channel,
            user=self.user,
            belongs=self.belongs,
            is_adult=self.is_adult,
            is_private=self.is_private,
            said=self.said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The generation that stands for what was asked.

    Args:
        credits_held: or what will be, once an admin has let it go.
        root: the root message, for the bot to post; None when this was asked before.
        version: of the row, for the hint.
        asks: an admin has to let it go first.
        elsewhere: the channel that it comes to, if it is not the one where it was asked for.
        others: the other takes of it.
        has_gallery: the workspace has one, where it may be shown.
    """

    generation_id: GenerationId
    request: VideoRequest
    credits_held: int
    root: Delivery | None
    version: int = 0
    asks: bool = False
    elsewhere: ChannelId | None = None
    others: tuple[GenerationId, ...] = ()
    has_gallery: bool = False

    @property
    def takes(self) -> int:
        """How many videos are made."""
        return len(self.others) + 1


async def submit(
    asked: VideoCommand,
    *,
    pool: Pool,
    terms: Terms,
    owner: str,
    wait_s: float = ACQUIRE_TIMEOUT_S,
    minds_trouble: bool = False,
    in_roles: InRoles = nobody,
    place_in: PlaceIn | None = None,
    limits: LimitsOf = nothing_counted,
    together: Together | None = None,
) -> Submitted:
    """Take the credits and queue the generation. Repeating it changes nothing.

    Args:
        owner: who will post the root message, unless it dies first.
        wait_s: how long to wait for a connection; shorter while the person waits for the first answer.
        minds_trouble: refuse where results could not be posted lately; `reopen` follows a check that has passed.
        in_roles: which roles the person has, asked where a rule is about one.
        place_in: where a thread opens in another channel; None where the platform cannot say.
        limits: what the owner's root message counts against.
        together: writes with others that ask at the same moment.

    Raises:
        Refused: nothing was taken, and why.
        DatabaseAway
    """
    asked = replace(asked, request=checked(asked.request))
    by = asked.asking
    known, *others = (
        generation_id(platform=asked.platform, installation=asked.installation, event=asked.event, take=take)
        for take in range(asked.takes)
    )
    for _ in range(DECISIONS_MOST):
        try:
            memory = together.rules if together is not None else None
            ruling = await rulings.rule(
                asked.request, by, in_roles=in_roles, pool=pool, terms=terms, wait_s=wait_s, memory=memory
            )
        except NotAllowed as refusal:
            return await _earlier_or(refusal, known, by, pool=pool)
        place = place_in(ruling.results_in) if ruling.results_in is not None and place_in else asked.place
        submission = replace(
            _submission(asked, ruling, terms, known=known, place=place, owner=owner),
            minds_trouble=minds_trouble,
            spends=limits(place),
        )
        answer, before = await written(submission, others, together=together, pool=pool, wait_s=wait_s)
        if answer.status == SubmissionStatus.EARLIER:
            return await _earlier(known, pool=pool)
        if answer.status == SubmissionStatus.BEYOND and answer.used is not None:
            over = rulings.beyond(ruling, ruling.request, by, answer.used, terms)
            return await _earlier_or(over, known, by, pool=pool)
        if answer.status != SubmissionStatus.CHANGED:
            elsewhere = ruling.results_in if place_in else None
            taken = _taken(submission, answer, ruling, terms, takes=asked.takes, before=before)
            return replace(taken, elsewhere=elsewhere, others=tuple(others), has_gallery=answer.has_gallery)
        if together is not None:
            together.rules.forget(by)
    raise DatabaseAway(unclear=False)


def _submission(
    asked: VideoCommand, ruling: Ruling, terms: Terms, *, known: GenerationId, place: Thread, owner: str
) -> Submission:
    """The generation and its credits as the database is to write them."""
    return Submission(
        id=known,
        platform=asked.platform,
        installation=asked.installation,
        user=asked.user,
        channel=asked.channel,
        place=place,
        request=ruling.request,
        plans=plans_of(ruling.planned, terms),
        free_credits=terms.free_credits,
        start_by_s=terms.start_by_s,
        approve_by_s=terms.approve_by_s,
        owner=owner,
        lease_s=ROOT_LEASE_S,
        revision=ruling.rules.revision,
        decided_fallback=ruling.fallback,
        decided_outsiders=ruling.rules.lets_in,
        allowance=ruling.allowance,
        asked_by=asked.asked_by,
        locale=asked.locale,
        place_locale=asked.place_locale,
    )


def _taken(
    submission: Submission, answer: SubmissionAnswer, ruling: Ruling, terms: Terms, *, takes: int, before: int
) -> Submitted:
    """What the database has made of it.

    Args:
        before: so many takes could be had before this answer, which has undone them.

    Raises:
        Refused
    """
    if answer.status == SubmissionStatus.CLOSED:
        raise NothingArrives
    if answer.status == SubmissionStatus.UNPLANNED:
        terms.quote(ruling.planned, fallback=answer.fallback)
        raise RuntimeError(f"no plan for {answer.fallback}, and a price")
    held = submission.plans[answer.fallback].quote.credits
    if answer.status not in {SubmissionStatus.OK, SubmissionStatus.ASKING}:
        balance = answer.balance + before * held
        refuse(
            MoneyStatus(answer.status),
            needed=takes * held,
            balance=balance,
            affordable=tuple(
                (tier, takes * price)
                for tier, price in rulings.affordable(balance // takes, ruling, terms, fallback=answer.fallback)
            ),
        )
    return Submitted(
        generation_id=submission.id,
        request=submission.request,
        credits_held=takes * held,
        root=answer.root,
        asks=answer.status == SubmissionStatus.ASKING,
    )


async def _earlier_or(refusal: NotAllowed, known: GenerationId, by: Asking, *, pool: Pool) -> Submitted:
    """What this event has made before the rules were these; else the refusal, counted for the managers.

    Raises:
        NotAllowed
    """
    async with connection(pool) as conn:
        earlier = await claims.load(conn, known)
    if earlier is not None:
        return await _earlier(known, pool=pool)
    await rulings.count(refusal, platform=by.platform, installation=by.installation, pool=pool)
    raise refusal


async def reopen(asked: VideoCommand, *, pool: Pool) -> bool:
    """The channel was checked, and all seems well. False: so it seemed a moment ago.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        return await submissions.reopen(
            conn, platform=asked.platform, installation=asked.installation, channel=asked.channel
        )


async def _earlier(known: GenerationId, *, pool: Pool) -> Submitted:
    async with connection(pool) as conn:
        earlier = await claims.load(conn, known)
    if earlier is None:
        raise RuntimeError(f"generation {known} was there and is not")
    return Submitted(
        generation_id=earlier.id,
        request=earlier.request,
        credits_held=earlier.quoted,
        root=None,
        version=earlier.version,
    )
