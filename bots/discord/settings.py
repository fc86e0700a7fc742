"""The Discord bot's settings, read from the environment."""

from pydantic import Field, SecretStr

from core.settings import Group, read


class DiscordSettings(Group):
    """DISCORD_TOKEN makes the bot run; without it there is no Discord."""

    discord_token: SecretStr | None = Field(None, description="the bot's token")
    discord_api_url: str | None = Field(None, description="the address of Discord's API, up to its version")
    discord_gateway_url: str | None = Field(None, description="the address of Discord's gateway")
    discord_upload_max: int = Field(
        10 * 1024 * 1024, ge=1, description="the number of bytes that a file may have where Discord does not say"
    )
    discord_shard_count: int | None = Field(
        None, ge=1, le=10_000, description="the number of shards in all processes together; Discord advises one"
    )
    discord_skus: str | None = Field(
        None, description="what Discord sells for us, with its credits, such as 1234567890123456789=500"
    )
    discord_subscriptions: str | None = Field(
        None, description="the subscriptions that Discord sells for us, with the credits of each period"
    )
    discord_shards: str | None = Field(None, description="the shards of this process, such as 0-3; all by default")


def settings() -> DiscordSettings:
    """Read the settings. Raises SettingsError."""
    return read(DiscordSettings)
