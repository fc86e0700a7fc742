"""Errors that end a command with one sentence for its user instead of a traceback."""


class CliError(Exception):
    """An error that the user can mend; the text says how."""

    exit_code = 1


class Misconfigured(CliError):
    """A wrong setting, a used port or a folder: starting again without a change does not help."""

    exit_code = 2
