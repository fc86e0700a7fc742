"""What stops a command of ours with one sentence for the person who ran it, instead of a traceback."""


class CliError(Exception):
    """Something that the person at the keyboard can put right; the text says what and how."""

    exit_code = 1


class Misconfigured(CliError):
    """A setting, a taken port or a folder: starting again without a change is of no use."""

    exit_code = 2
