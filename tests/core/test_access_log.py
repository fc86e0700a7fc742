"""Lost access is one line at its start and one at its end, however many messages meet it."""

import structlog.testing

from core import access_log

OF = "slack:T1"


def _lost(of: str = OF, why: str = "token_revoked", call: str = "post") -> None:
    access_log.lost("delivery.no_access", of=of, call=call, why=why, code=why)


def test_a_loss_is_one_error_and_one_line_when_it_is_over() -> None:
    with structlog.testing.capture_logs() as said:
        for call in ("post", "edit", "post", "edit"):
            _lost(call=call)
        access_log.back(OF, call="edit")  # what works is another call than the one that was refused first
        for _ in range(5):
            access_log.back(OF, call="post")
    assert [(line["event"], line["log_level"]) for line in said] == [
        ("delivery.no_access", "error"), ("access.back", "warning"),
    ]  # fmt: skip
    assert said[1]["of"] == OF


def test_another_workspace_or_another_reason_is_another_loss_and_so_is_the_next_one() -> None:
    with structlog.testing.capture_logs() as said:
        _lost()
        _lost(of="slack:T2")
        _lost(why="missing_scope")
        access_log.back(OF, call="post")
        _lost()
        _lost(of="slack:T2")
    assert [line["event"] for line in said] == ["delivery.no_access"] * 3 + ["access.back", "delivery.no_access"]


def test_it_remembers_no_more_than_it_may() -> None:
    with structlog.testing.capture_logs():
        for n in range(access_log.KNOWN_MAX + 5):
            _lost(of=f"slack:{n}")
    assert len(access_log._since) == access_log.KNOWN_MAX
