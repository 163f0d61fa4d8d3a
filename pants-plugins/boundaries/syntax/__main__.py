"""`python -m boundaries.syntax CONFIG.json FILE...`: prints each finding as a line of JSON."""

import json
import os.path
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from boundaries.syntax.check import all_findings
from boundaries.syntax.configuration import InvalidConfiguration, read_settings

USAGE = "Usage: python -m boundaries.syntax CONFIG.json FILE..."


def main(arguments: Sequence[str]) -> int:
    """Judge the files; return 0 whatever was found, 2 if they could not be judged."""
    if not arguments:
        return _fail(USAGE)
    config, *paths = arguments
    try:
        settings = read_settings(Path(config))
        found = all_findings(_files(paths), settings)
    except InvalidConfiguration as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename}: cannot be read ({error.strerror})")
    sys.stdout.writelines(f"{json.dumps(asdict(finding))}\n" for finding in found)
    return 0


def _files(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        yield Path(os.path.relpath(path)).as_posix(), Path(path).read_bytes()


def _fail(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
