"""How long has to pass before the same call, as an error says."""

import pytest

from core.domain.chat.chat_errors import (
    LATE_EFFECT_S,
    AccessLost,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatPending,
    ChatUnclear,
    PlaceGone,
    wait_least_s,
)


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (ChatBusy(retry_after_s=7), 7),
        (ChatPending(look_in_s=3), 3),
        (ChatUnclear("TimeoutError", look_in_s=30), 30),
        (ChatUnclear("internal_error"), 0),
        (ChatAway("ClientConnectorError"), 0),
        (PlaceGone("is_archived"), 0),
        (AccessLost("token_revoked"), 0),
    ],
)
def test_an_error_says_how_long_to_wait_at_least(error: ChatError, wait_s: float) -> None:
    assert wait_least_s(error) == wait_s


def test_what_was_given_up_may_be_under_way_for_half_a_minute() -> None:
    assert LATE_EFFECT_S == 30
