"""The seed that a video was made with: the person's own, or one made from the attempt's id. Pure."""

from collections.abc import Mapping
from uuid import UUID

from core.domain.generations.generation import Attempt
from core.domain.ids import ProviderName
from core.domain.requests.options import Option
from core.domain.requests.pricing import Offer
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import VEO

BELOW = 2**31


def own_seed(external_id: UUID) -> int:
    """What a vendor is given where the person named no seed: the same for the same attempt."""
    return int.from_bytes(external_id.bytes[:4])


def seed_used(request: VideoRequest, winner: Attempt | None, *, offers: Mapping[ProviderName, Offer]) -> int | None:
    """The seed of a video that was made; None where the model has none, or chose it itself and does not say."""
    if winner is None:
        return None
    offer = offers.get(winner.provider)
    if offer is None or Option.SEED not in offer.capabilities.options:
        return None
    if request.seed is not None:
        return request.seed
    # Veo chooses one itself where none is given (2026-11-22); the others are given ours.
    return None if winner.provider == VEO else own_seed(winner.external_id) % BELOW
