"""Who gives an order that is about credits, as the platform tells us at that moment."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.refusals import NotAnAdmin


class Belongs(StrEnum):
    """What somebody is to the workspace whose app they use."""

    MEMBER = "member"
    GUEST = "guest"
    """Of this workspace, with less than a member's rights."""
    OUTSIDER = "outsider"
    """Of another workspace, in a channel that both share."""


class Outsiders(StrEnum):
    """Whom a workspace lets use the app at its cost, besides its members."""

    NOBODY = "nobody"
    GUESTS = "guests"
    EVERYBODY = "everybody"

    def lets_in(self, belongs: Belongs) -> bool:
        match belongs:
            case Belongs.MEMBER:
                return True
            case Belongs.GUEST:
                return self is not Outsiders.NOBODY
            case Belongs.OUTSIDER:
                return self is Outsiders.EVERYBODY
            case _:
                assert_never(belongs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person in a workspace.

    Args:
        is_admin: whether they may decide for the workspace; the platform says so, at every call anew.
    """

    platform: PlatformName
    installation: Installation
    user: UserId
    is_admin: bool

    def must_be_admin(self) -> None:
        """Go on only for an admin.

        Raises:
            NotAnAdmin
        """
        if not self.is_admin:
            raise NotAnAdmin
