"""`neverdark`, and `python -m neverdark`: trouble that a person can put right is one sentence, never a traceback."""

import sys

from core.settings import SettingsError
from neverdark.cli import app
from neverdark.errors import CliError, Misconfigured


def main() -> None:
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
