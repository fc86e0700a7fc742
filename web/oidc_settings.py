"""The settings of the console's login with OpenID Connect."""

from typing import Annotated

from pydantic import Field, SecretStr

from core import setting_kinds
from core.settings import Group, SettingsError, read


class OidcSettings(Group):
    """The settings; without an issuer the login is off."""

    operator_oidc_issuer: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="the https address of a login provider, such as https://accounts.google.com"
    )
    operator_oidc_client_id: str | None = Field(None, description="the client id that the provider has given")
    operator_oidc_client_secret: SecretStr | None = Field(None, description="the client secret that belongs to it")
    operator_oidc_emails: str = Field(
        "", description="addresses with commas between them; @example.org is everybody who has one there"
    )
    operator_oidc_groups: str = Field("", description="names of groups, as the provider says them, with commas between")
    operator_oidc_groups_claim: str = Field("groups", description="where the provider says the groups")
    operator_oidc_scope: str = Field("openid email", description="what is asked for, with spaces between")

    @property
    def emails(self) -> frozenset[str]:
        return frozenset(each.strip().casefold() for each in self.operator_oidc_emails.split(",") if each.strip())

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(each.strip() for each in self.operator_oidc_groups.split(",") if each.strip())


def oidc_settings() -> OidcSettings | None:
    """Read them; None without an issuer.

    Raises:
        SettingsError: naming the variable, and what it wants.
    """
    found = read(OidcSettings)
    if found.operator_oidc_issuer is None:
        return None
    if found.operator_oidc_client_id is None:
        raise SettingsError("OPERATOR_OIDC_CLIENT_ID is not set; it wants the client id that the provider has given.")
    if not found.emails and not found.groups:
        raise SettingsError(
            "OPERATOR_OIDC_EMAILS and OPERATOR_OIDC_GROUPS are not set; one of them says who may come in."
        )
    return found
