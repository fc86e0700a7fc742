"""Whether any chat is configured, and whether what is set of each belongs together. Nothing is asked of anybody."""

from bots.registry import PLATFORMS
from neverdark.doctor.findings import Finding, fine, unset, warning


def configured() -> Finding:
    """The first thing that a platform lacks; else which platforms there are."""
    setups = {platform: platform.setup() for platform in PLATFORMS.values()}
    for setup in setups.values():
        if setup.lacks is not None:
            return unset("chats", setup.lacks, setup.remedy)
    if names := [platform.label for platform, setup in setups.items() if setup.is_set]:
        return fine("chats", " and ".join(names))
    labels = " nor ".join(platform.label for platform in setups)
    wanted = " or ".join(platform.credential for platform in setups)
    return warning("chats", f"neither {labels} is configured", f"set {wanted}")
