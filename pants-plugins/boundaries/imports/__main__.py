"""`python -m boundaries.imports FILE...` prints one JSON line a file, with its imports.

A line is `{"path": …, "imports": [[module, line, column, statement], …], "error": null}`.
Modules that come with Python are left out. Relative ones keep their dots. Lines and columns start
at 1. `error` is `[line, column, text]` if the file is not Python.
"""

import ast
import json
import sys
from pathlib import Path

from boundaries.imports.found import found_imports


def report(path: str) -> dict[str, object]:
    """Returns what the file of that path imports."""
    try:
        tree = ast.parse(Path(path).read_bytes(), path)
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        return {"path": path, "imports": [], "error": [line, column, str(error)]}
    own = [found for found in found_imports(tree) if not _of_python(found[0])]
    return {"path": path, "imports": own, "error": None}


def _of_python(module: str) -> bool:
    return module.split(".", 1)[0] in sys.stdlib_module_names


for argument in sys.argv[1:]:
    sys.stdout.write(json.dumps(report(argument)) + "\n")
