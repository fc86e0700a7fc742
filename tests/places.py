"""Where tests act: the names of a workspace and of a person in it, as arguments of calls."""

from typing import TypedDict

from core.domain.ids import Installation, PlatformName, UserId


class Workspace(TypedDict):
    platform: PlatformName
    installation: Installation


class PersonThere(Workspace):
    user: UserId


def workspace(platform: str, installation: str) -> Workspace:
    return Workspace(platform=PlatformName(platform), installation=Installation(installation))
