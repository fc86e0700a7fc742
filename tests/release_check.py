"""What stands against a release today: a default model that has ended, or that nobody has looked up.

    make release-check

It depends on the day, so it is no part of the suite.
"""

import sys
from datetime import UTC, datetime

from core.providers.lifecycle import overdue
from core.providers.registry import default_models


def main() -> int:
    found = overdue(default_models(), today=datetime.now(UTC).date())
    for line in found:
        sys.stderr.write(f"{line}\n")
    if not found:
        sys.stdout.write("Every default model is looked up, and none has ended.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
