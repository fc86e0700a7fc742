"""Ids that are made from what was asked for: stored rows and vendors know them, so they stay what they are."""

from uuid import UUID

from core.domain.ids import GenerationId, Installation, PlatformName, external_id, generation_id

SLACK, TEAM = PlatformName("slack"), Installation("T1")
FIRST = GenerationId(UUID("290f2e3e-3176-5987-b51c-4ff80dacee1e"))


def test_what_was_asked_for_has_the_same_id_for_ever() -> None:
    assert generation_id(platform=SLACK, installation=TEAM, event="e7") == FIRST
    assert generation_id(platform=SLACK, installation=TEAM, event="e7", take=0) == FIRST
    second = generation_id(platform=SLACK, installation=TEAM, event="e7", take=1)
    assert second == UUID("a4557430-8aa7-515d-9e85-f5e275fe7faf")


def test_other_platforms_workspaces_and_events_have_other_ids() -> None:
    made = {
        generation_id(platform=PlatformName(platform), installation=Installation(team), event=event)
        for platform, team, event in (
            ("slack", "T1", "e7"), ("discord", "T1", "e7"), ("slack", "T2", "e7"), ("slack", "T1", "e8"),
            ("slackT1", "", "e7"), ("slack", "T1e7", ""),
        )
    }  # fmt: skip
    assert len(made) == 6


def test_a_vendor_knows_each_attempt_by_an_id_of_its_own() -> None:
    assert external_id(FIRST, 1) == UUID("7873e139-6b38-5220-ae14-f7621ce13fa9")
    assert external_id(FIRST, 2) != external_id(FIRST, 1)
