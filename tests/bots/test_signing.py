"""Which secret buttons are signed with, and that every process of an installation has the same."""

import pytest
from pydantic import SecretStr

from bots.signing import signer
from core.settings import SettingsError

TOKEN = SecretStr("xoxb-a-token-of-the-platform")
SECRET, OLDER, LINKS = "a button secret of ours", "an-older-button-secret", "the secret that links have"


def _known(monkeypatch: pytest.MonkeyPatch, *, token: SecretStr | None = TOKEN, **variables: str) -> str:
    """What is signed in a process with these settings."""
    for name in ("BUTTON_SECRET", "LINK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return signer("slack", token=token).sign("cancel", "1")


def test_without_a_secret_of_its_own_a_platforms_token_signs_the_same_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _known(monkeypatch) == _known(monkeypatch)
    assert _known(monkeypatch) != _known(monkeypatch, token=SecretStr("xoxb-another"))


def test_the_secret_of_links_goes_before_the_token_and_a_secret_of_buttons_before_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_link = _known(monkeypatch, LINK_SECRET=LINKS)
    assert by_link == _known(monkeypatch, LINK_SECRET=LINKS, token=None) != _known(monkeypatch)
    ours = SECRET.replace(" ", "-")
    assert _known(monkeypatch, LINK_SECRET=LINKS, BUTTON_SECRET=ours) == _known(monkeypatch, BUTTON_SECRET=ours)
    assert _known(monkeypatch, BUTTON_SECRET=ours) != by_link


def test_two_secrets_are_both_known_and_the_first_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    new = SECRET.replace(" ", "-")
    old = _known(monkeypatch, BUTTON_SECRET=OLDER)
    assert _known(monkeypatch, BUTTON_SECRET=f"{new} {OLDER}") == _known(monkeypatch, BUTTON_SECRET=new)
    monkeypatch.setenv("BUTTON_SECRET", f"{new} {OLDER}")
    assert signer("slack", token=None).knows(old, "cancel", "1")


def test_a_platforms_signature_counts_on_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    signature = _known(monkeypatch, LINK_SECRET=LINKS)
    assert not signer("discord", token=TOKEN).knows(signature, "cancel", "1")


@pytest.mark.parametrize("value", ["short", f"{OLDER} short"])
def test_a_short_secret_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(SettingsError, match="BUTTON_SECRET wants a secret of at least 16") as refusal:
        _known(monkeypatch, BUTTON_SECRET=value)
    assert value not in str(refusal.value)
