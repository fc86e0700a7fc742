"""Who gives an order that is about credits, as the platform tells us at that moment."""

from dataclasses import dataclass

from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.refusals import NotAnAdmin


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
