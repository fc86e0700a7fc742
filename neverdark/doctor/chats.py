"""Checks whether any chat platform is configured, and whether its settings are complete. No platform is called."""

from bots.registry import PLATFORMS
from neverdark.doctor.findings import Finding, fine, unset, warning


def configured() -> Finding:
    """The finding about the first incomplete platform; otherwise the one that lists the platforms."""
    setups = {platform: platform.setup() for platform in PLATFORMS.values()}
    for setup in setups.values():
        if setup.lacks is not None:
            return unset("chats", setup.lacks, setup.remedy)
    if names := [platform.label for platform, setup in setups.items() if setup.is_set]:
        return fine("chats", " and ".join(names))
    labels = " nor ".join(platform.label for platform in setups)
    wanted = " or ".join(platform.credential for platform in setups)
    return warning("chats", f"neither {labels} is configured", f"set {wanted}")
