"""A finished generation with its result in the thread, as a worker leaves it."""

from datetime import timedelta
from uuid import UUID

from core.db.generations.generation_rows import generation_from
from core.db.pool import Pool
from core.domain.chat.delivery import Kind
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Generation
from core.domain.ids import ProviderName
from core.domain.requests.variations import variations
from core.ports import Chat
from core.replies.chat.card import Card
from core.replies.generations.results import result
from core.replies.generations.view import View
from tests.core.terms import terms
from tests.rows import one_row

FITTED = {
    "duration_s": 8,
    "lines": 1080,
    "aspect": "16:9",
    "audio": True,
    "roundings": [{"what": "duration", "asked": "15 s", "got": "8 s"}],
}


async def finish(house: Pool, generation_id: UUID, *, provider: str = "wan", age_days: float = 0) -> Generation:
    """Finish it with a video by this provider, settled at the price that it held."""
    key = f"clips/{generation_id}/1.mp4"
    clip = {"key": key, "sha256": "0" * 64, "size": 10, "width": 1920, "height": 1080, "duration_s": 8.0}
    async with house.acquire() as conn, conn.transaction():
        await conn.execute(
            "INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, "
            "send_deadline, accepted_at, ended_at) VALUES ($1, 1, $2, $3, 'secret-model-id', gen_random_uuid(), $4, "
            "'succeeded', nd_now(), nd_now(), nd_now() + interval '42 s')",
            generation_id, f"{provider}.api", provider, FITTED,
        )  # fmt: skip
        await conn.execute(
            "UPDATE generations SET state = 'done', outcome = 'succeeded', settled = consumed, winner_attempt = 1, "
            "clip = $2, done_at = nd_now() - $3::interval, wake_at = NULL WHERE id = $1",
            generation_id, clip, timedelta(days=age_days),
        )  # fmt: skip
        await conn.execute(
            "SELECT settle_credits($1, (SELECT consumed FROM generations WHERE id = $1), 'x')", generation_id
        )
    return await read(house, generation_id)


async def fail(house: Pool, generation_id: UUID) -> Generation:
    """Finish it without a video."""
    await house.execute(
        "UPDATE generations SET state = 'done', outcome = 'failed', settled = 0, error_class = $2, done_at = nd_now(), "
        "wake_at = NULL WHERE id = $1",
        generation_id, ErrorClass.CAPACITY,
    )  # fmt: skip
    return await read(house, generation_id)


async def read(house: Pool, generation_id: UUID) -> Generation:
    return generation_from(await one_row(house, "SELECT * FROM generations WHERE id = $1", generation_id))


def card(generation: Generation) -> Card:
    """The result's card, as a worker draws it."""
    known = terms()
    view = View(
        generation=generation,
        attempts=(),
        labels={ProviderName(name): offer.label for name, offer in known.offers.items()},
        now=generation.done_at or generation.created_at,
        variations=variations(generation.request, terms=known, fallback=generation.fallback),
    )
    return result(view)


async def post(house: Pool, chat: Chat[Card], generation: Generation) -> str:
    """Post the result in its thread, and return the message."""
    assert generation.thread is not None
    key = await house.fetchval("SELECT gen_random_uuid()")
    message = await chat.post(generation.thread, card(generation), key=key)
    await house.execute(
        "INSERT INTO deliveries (generation_id, kind, key, state, thread, message_id) "
        "VALUES ($1, $2, $3, 'done', $4, $5)",
        generation.id, Kind.RESULT, key, generation.thread, message,
    )  # fmt: skip
    return message
