"""What the bots and the worker sign buttons and forms with: the same in every process of an installation."""

import secrets

from pydantic import SecretStr

from core.domain.signing import Signer
from core.settings import settings


def signer(platform: str, *, token: SecretStr | None) -> Signer:
    """The signer of a platform.

    Without BUTTON_SECRET and LINK_SECRET the secret is the platform's own token, which all who post there have; without
    any of them nothing outlives this process.
    """
    known = settings().button_secrets or ((token.get_secret_value(),) if token is not None else ())
    return Signer.derived(known or (secrets.token_hex(),), purpose=f"neverdark/{platform}/buttons")
