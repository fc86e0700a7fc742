"""`neverdark`, and `python -m neverdark`: trouble that a person can put right is one sentence, never a traceback."""

import os
import sys

from core.settings import SettingsError
from neverdark.cli import app
from neverdark.errors import CliError, Misconfigured


def main() -> None:
    # What we and whoever we start write down is ours alone: clips, logs, sockets, what the sandbox keeps.
    os.umask(0o077)
    try:
        app()
    except CliError as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(trouble.exit_code)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(Misconfigured.exit_code)


if __name__ == "__main__":
    main()
