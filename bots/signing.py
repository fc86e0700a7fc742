"""The secret with which bots and workers sign buttons and forms; every process of an installation has the same one."""

import secrets

from pydantic import SecretStr

from core.domain.signing import Signer
from core.settings import settings


def signer(platform: str, *, token: SecretStr | None) -> Signer:
    """The signer of a platform.

    Without BUTTON_SECRET and LINK_SECRET, the secret is the platform's own token, which every process that posts there
    has. Without any of them, the signatures end with this process.
    """
    known = settings().button_secrets or ((token.get_secret_value(),) if token is not None else ())
    return Signer.derived(known or (secrets.token_hex(),), purpose=f"neverdark/{platform}/buttons")
