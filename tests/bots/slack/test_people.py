"""What somebody is to a workspace: its member, its guest, or of another one; in an organization, of its own."""

import pytest

from bots.slack.people.people import Somebody
from core.domain.chat.principal import Belongs

ORG = "E1"


def _somebody(**changed: object) -> Somebody:
    known: dict[str, object] = {"team": "T1", "organization": "", "is_admin": False, "is_guest": False}
    return Somebody(**{**known, "is_stranger": False, "at": 0.0, **changed})  # type: ignore[arg-type]  # a few of each


@pytest.mark.parametrize(
    ("somebody", "organization", "belongs"),
    [
        (_somebody(), None, Belongs.MEMBER),
        (_somebody(is_guest=True), None, Belongs.GUEST),
        (_somebody(team="T2"), None, Belongs.OUTSIDER),
        (_somebody(team="T2", is_guest=True), None, Belongs.OUTSIDER),
        (_somebody(is_stranger=True), None, Belongs.OUTSIDER),
        (_somebody(team="T2", organization=ORG), None, Belongs.OUTSIDER),
        (_somebody(team="T2", organization=ORG), ORG, Belongs.MEMBER),
        (_somebody(team="T2", organization=ORG, teams=frozenset({"T1", "T2"})), None, Belongs.MEMBER),
        (_somebody(team=ORG, organization=ORG, teams=frozenset({"T1"})), None, Belongs.MEMBER),
        (_somebody(team=ORG, organization=ORG, teams=frozenset({"T2"})), None, Belongs.OUTSIDER),
        (_somebody(team=ORG, organization=ORG), None, Belongs.OUTSIDER),
        (_somebody(team="T2", organization="E2"), ORG, Belongs.OUTSIDER),
        (_somebody(team="T2"), ORG, Belongs.OUTSIDER),
        (_somebody(organization=ORG, is_guest=True), ORG, Belongs.GUEST),
    ],
)
def test_what_somebody_is_to_a_workspace(somebody: Somebody, organization: str | None, belongs: Belongs) -> None:
    assert somebody.belongs(team="T1", organization=organization) is belongs
