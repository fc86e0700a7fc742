"""The comparison itself can fail: what it must see, and what it must not mind."""

import pytest

from tests.official.recorder import ABSENT, Differs, Sent, differences, fields, steps


def sent(path: str = "/videos/t-1", body: bytes = b"", method: str = "POST", **headers: str) -> Sent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent(method=method, path=path, query=(("logs", "0"),), headers=named, chunks=[body])


def found(theirs: Sent, ours: Sent) -> set[str]:
    pairs = (fields(each, task="t-1") for each in (theirs, ours))
    return {each.at for each in differences(*pairs, step="submit")}


@pytest.mark.parametrize(
    ("theirs", "ours", "at"),
    [(sent(), sent(path="/video/t-1"), "submit.path"),
     (sent(), sent(method="GET"), "submit.method"),
     (sent(authorization="Key a"), sent(authorization="Bearer a"), "submit.header.authorization"),
     (sent(authorization="Key a"), sent(), "submit.header.authorization"),
     (sent(body=b'{"a": 5}'), sent(body=b'{"a": "5"}'), "submit.body.a"),
     (sent(body=b'{"a": 1}'), sent(body=b'{"a": true}'), "submit.body.a"),
     (sent(body=b'{"a": null}'), sent(body=b"{}"), "submit.body.a"),
     (sent(body=b'{"a": [{"b": 1}, 2]}'), sent(body=b'{"a": [{"b": 2}, 2]}'), "submit.body.a.0.b"),
     (sent(body=b'{"a": [1]}'), sent(body=b'{"a": [1, 2]}'), "submit.body.a.1"),
     (sent(body=b'{"a": 1}'), sent(body=b'{"a": 1, "extra": {}}'), "submit.body.extra")],
)  # fmt: skip
def test_every_difference_is_seen(theirs: Sent, ours: Sent, at: str) -> None:
    assert at in found(theirs, ours)


def test_what_says_who_speaks_and_which_task_is_no_difference() -> None:
    ours = Sent(method="POST", path="/videos/t-2", query=(("logs", "0"),), headers={"user-agent": "ours"})
    theirs = sent(user_agent="theirs")
    pairs = fields(theirs, task="t-1"), fields(ours, task="t-2")
    assert list(differences(*pairs, step="submit")) == []


def test_a_meant_difference_covers_its_field_and_its_values_only() -> None:
    meant = Differs(at="* submit.body.*", theirs=None, ours=ABSENT, why="unset options are null")
    assert meant.covers("x.y submit.body.seed", None, ABSENT)
    assert not meant.covers("x.y submit.body.seed", None, 5)
    assert not meant.covers("x.y submit.body.seed", 0, ABSENT)
    assert not meant.covers("x.y submit.header.seed", None, ABSENT)


def test_the_same_question_asked_again_is_one_step_and_links_are_none() -> None:
    poll, link = sent("/tasks/t-1", method="GET"), sent("/cdn/t-1.mp4", method="GET")
    assert steps([sent(), poll, poll, poll, link]) == [sent(), poll]
    assert steps([poll, sent(), poll]) == [poll, sent(), poll]
