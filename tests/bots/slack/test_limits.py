"""Which of Slack's limits a call counts against, and places as strings."""

import pytest

from bots.slack.api.limits import limits
from bots.slack.api.places import Place, here, unpacked
from bots.slack.api.tenant import Workspace, speaking_for
from core.domain.chat.pacing import ChatCall, Limit, MessageRate
from core.domain.ids import Installation, Thread

TEAM = Installation("T1")


def test_what_each_call_counts_against() -> None:
    uploads = MessageRate(burst=10, every_s=60 / 85)
    assert {call: limits("C1", call) for call in ChatCall} == {
        ChatCall.POST: (
            Limit(key="chat.postMessage:C1", pace=MessageRate(burst=3, every_s=1.0)),
            Limit(key="chat.postMessage", pace=MessageRate(burst=20, every_s=0.3)),
        ),
        ChatCall.UPLOAD: (
            Limit(key="files.completeUploadExternal", pace=uploads),
            Limit(key="files.getUploadURLExternal", pace=uploads),
        ),
        ChatCall.EDIT: (Limit(key="chat.update", pace=MessageRate(burst=6, every_s=60 / 42)),),
    }


def test_no_minute_has_more_calls_than_slack_allows_at_least() -> None:
    for call, allowed in ((ChatCall.EDIT, 50), (ChatCall.UPLOAD, 100)):
        for limit in limits("C1", call):
            assert limit.pace.burst + 60 / limit.pace.every_s <= allowed


@pytest.mark.parametrize(
    ("place", "thread"),
    [
        (Place(channel="C1"), '{"channel":"C1","ts":null}'),
        (Place(channel="C1", ts="1.2"), '{"channel":"C1","ts":"1.2"}'),
        (
            Place(channel="C1", ts="1.2", team=TEAM, is_agent=True),
            '{"channel":"C1","ts":"1.2","team":"T1","agent":true}',
        ),
    ],
)
def test_a_place_is_stored_as_a_string_and_read_back(place: Place, thread: str) -> None:
    assert place.packed() == thread
    assert unpacked(Thread(thread)) == place


def test_a_place_names_its_workspace_only_where_many_have_the_app() -> None:
    assert here("C1") == Place(channel="C1")
    with speaking_for(Workspace(installation=TEAM, token="x")):
        assert here("C1", ts="1", is_agent=True) == Place(channel="C1", ts="1", is_agent=True)
    with speaking_for(Workspace(installation=TEAM, token="x", is_one_of_many=True)):
        assert here("C1") == Place(channel="C1", team=TEAM)
