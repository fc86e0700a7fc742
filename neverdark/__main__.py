"""`neverdark`, and `python -m neverdark`: trouble that a person can put right is one sentence, never a traceback."""

import os
import sys

from core import log
from core.settings import SettingsError
from neverdark.cli import app
from neverdark.errors import CliError, Misconfigured


def main() -> None:
    # What we and whoever we start write down is ours alone: clips, logs, sockets, what the sandbox keeps.
    os.umask(0o077)
    log.configure_command()
    if any(not _is_text(given) for given in sys.argv[1:]):
        print(
            "What you typed is not all text: check it for characters that your terminal cannot show.", file=sys.stderr
        )
        sys.exit(Misconfigured.exit_code)
    try:
        app()
    except CliError as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(trouble.exit_code)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(Misconfigured.exit_code)


def _is_text(given: str) -> bool:
    """Bytes that are no text come as halves of characters, which nothing can store or print."""
    return not any("\ud800" <= each <= "\udfff" for each in given)


if __name__ == "__main__":
    main()
