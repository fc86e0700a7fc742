"""`neverdark`, and `python -m neverdark`: an error that a person can mend is one sentence, never a traceback."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator

from core import log
from core.settings import SettingsError
from neverdark.cli import app
from neverdark.errors import CliError, Misconfigured

_NOT_TAKEN = {
    errno.ENOSPC: "There is no room left on the disk for what this command prints or writes.",
    errno.EDQUOT: "Your share of the disk is used up: what this command prints or writes has no room.",
    errno.EIO: "What this command prints cannot be written.",
    errno.EPIPE: "Whoever read what this command prints is gone.",
}


def main() -> None:
    # Files of this process and its children are readable by its user alone: clips, logs, sockets, the sandbox's files.
    os.umask(0o077)
    log.configure_command()
    # A terminal with another character set shows a mark in place of a character that it lacks.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if any(not _is_text(given) for given in sys.argv[1:]):
        print(
            "What you typed is not all text: check it for characters that your terminal cannot show.", file=sys.stderr
        )
        sys.exit(Misconfigured.exit_code)
    try:
        with _written():
            app()
    except CliError as trouble:
        print(trouble, file=sys.stderr)
        sys.exit(trouble.exit_code)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(Misconfigured.exit_code)


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """Within this block, output is written completely.

    Raises:
        CliError: there is no room for it.
    """
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        if error.errno not in _NOT_TAKEN:
            raise
        # Python would try to write again at its end, and print an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise CliError(_NOT_TAKEN[error.errno]) from error


def _is_text(given: str) -> bool:
    """Whether an argument is text: bytes that are no text arrive as surrogates, which cannot be stored or printed."""
    return not any("\ud800" <= each <= "\udfff" for each in given)


if __name__ == "__main__":
    main()
