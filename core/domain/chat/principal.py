"""Who gives an order, as the platform tells us at that moment."""

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
        direct: they write to us directly, outside any workspace, on a platform where an id names the same person
            everywhere. What they have asked for elsewhere on the platform is theirs there, too.
    """

    platform: PlatformName
    installation: Installation
    user: UserId
    is_admin: bool
    direct: bool = False

    def is_same_person(self, *, platform: PlatformName, installation: Installation, user: UserId | None) -> bool:
        """Whether somebody of a workspace is this person."""
        same_place = self.platform == platform and (self.direct or self.installation == installation)
        return same_place and self.user == user

    def must_be_admin(self) -> None:
        """Go on only for an admin.

        Raises:
            NotAnAdmin
        """
        if not self.is_admin:
            raise NotAnAdmin
