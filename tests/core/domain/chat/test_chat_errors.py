"""What an operator reads of a refusal by the platform."""

import pytest

from core.domain.chat.chat_errors import AccessLost


@pytest.mark.parametrize(
    ("lost", "text"),
    [(AccessLost("missing_scope", "files:write"), "missing_scope: files:write"), (AccessLost("50001"), "50001")],
)
def test_what_is_missing_is_named_where_the_platform_names_it(lost: AccessLost, text: str) -> None:
    assert str(lost) == text
