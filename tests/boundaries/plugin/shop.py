"""A tiny repository: a shop of two services, with rules and a façade of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RULES = """
def lib(name):
    return f"//3rdparty:{name}"

__dependencies_rules__(
    ("//src/signals/**", "//src/signals/**", "!*"),
    (
        "//src/web/**",
        ("//src/web/**", "//src/signals/**", "//src/shared/**", lib("flask")),
        "# The web service asks the others by messages.",
        "!*",
    ),
    ("//src/shared/**", "//src/shared/**", "//src/till/**", "!*"),
    ("//src/till/**", "//src/till/**", "!*"),
    ("//3rdparty/**", "//3rdparty/**", "!*"),
    ("*", "!*"),
)
__dependents_rules__(
    (lib("structlog"), "# Use the signals.", "!*"),
    ("*", "*"),
)
"""

SYNTAX: Mapping[str, object] = {
    "facade_module": "signals",
    "facade_folder": "src/signals",
    "sink_folders": ["src/signals/sinks"],
    "emit_functions": ["emit"],
    "event_name_functions": ["emit"],
    "id_setters": [],
    "service_folders": ["src"],
    "command_folders": [],
    "test_folders": ["tests"],
    "peer_folders": [],
    "envelope_folders": [],
    "telemetry_path_names": ["telemetry"],
    "telemetry_function_names": ["emit", "track"],
    "forbidden_modules": ["structlog"],
    "facade_only_modules": [],
    "service_forbidden_modules": ["logging"],
    "event_name_pattern": r"shop(\.[a-z]+){2}",
    "registry": "events.json",
    "envelope_keys": ["event_name", "correlation"],
    "id_fields": ["order_id"],
}

REQUIREMENTS = """
python_requirement(name="flask", requirements=["flask"])
python_requirement(name="structlog", requirements=["structlog"])
"""

# What is clean; the tests put violations beside it, or in its place.
FILES: Mapping[str, str] = {
    "BUILD": RULES,
    "3rdparty/BUILD": REQUIREMENTS,
    "events.json": '{"events": [{"event_name": "shop.order.placed"}]}',
    "src/signals/BUILD": "python_sources()",
    "src/signals/__init__.py": "def emit(name): ...\n",
    "src/shared/BUILD": "python_sources()",
    "src/shared/prices.py": "PRICE = 3\n",
    "src/till/BUILD": "python_sources()",
    "src/till/drawer.py": "OPEN = False\n",
    "src/web/BUILD": "python_sources()",
    "src/web/orders.py": "import flask\nimport shared.prices\nimport signals\n",
}

# Where `./pants` keeps the Pex that Pants finds interpreters with.
PEX_ENVIRONMENT = ("PANTS_PEX_CLI_URL_TEMPLATE", "PANTS_PEX_CLI_KNOWN_VERSIONS")

OPTIONS = (
    "--python-interpreter-constraints=['CPython==3.11.*']",
    "--source-root-patterns=['/src', '/tests']",
)


def config() -> str:
    """Returns the pants.toml, with the section that another repository writes."""
    syntax = "\n".join(f"{name} = {value!r}" for name, value in SYNTAX.items())
    return f"""
[GLOBAL]
pants_version = "2.17.1"
pythonpath = ["%(buildroot)s/plugins"]
backend_packages = ["boundaries", "pants.backend.python"]

[source]
root_patterns = ["/src", "/tests"]

[python]
interpreter_constraints = ["CPython==3.11.*"]

[boundaries]
documentation = "RULES.md"

[boundaries.syntax]
{syntax}
"""


def write(root: Path, files: Mapping[str, str]) -> None:
    """Writes the files below a folder."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
