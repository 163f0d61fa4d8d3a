"""What the exit codes mean, for every command."""

from collections.abc import Mapping

EXIT_CODES: Mapping[int, str] = {
    0: "Done, and what was looked at is as it should be.",
    1: "The answer is no, as each command says; or it could not be done: a message on standard"
    " error says why. Also after Ctrl-C.",
    2: "It cannot be carried out as it was written: an unknown option, a file that is not there.",
}
