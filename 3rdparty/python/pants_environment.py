"""Prints the shell assignments with which `./pants` starts Pants.

Usage: pants_environment.py PEX_FILE PEX_VERSION PYTHON...

They hand Pants the Pex file that was built on this machine, in place of a download, and the package
indexes, wheel folders and certificates that pip is configured with, for Pants ignores that
configuration. The interpreters that `./pants` found take the place of a search on PATH, whose every
change would make Pants build all anew. A variable that is already set wins, so each can still be
chosen by hand.
"""

import ast
import hashlib
import shlex
import subprocess
import sys
from pathlib import Path

PLATFORMS = ("linux_arm64", "linux_x86_64", "macos_arm64", "macos_x86_64")
PIP_SCOPES = ("global.", "install.", ":env:.")  # the later ones win, as in pip


def pex_settings(pex: Path, version: str) -> dict[str, str]:
    """Returns the settings that replace Pants' download of Pex with our file."""
    data = pex.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    known = [f"v{version}|{platform}|{digest}|{len(data)}" for platform in PLATFORMS]
    return {
        "PANTS_PEX_CLI_VERSION": f"v{version}",
        "PANTS_PEX_CLI_URL_TEMPLATE": pex.as_uri().replace("file://", "file:"),
        "PANTS_PEX_CLI_KNOWN_VERSIONS": str(known),
    }


def index_settings(pip: dict[str, str]) -> dict[str, str]:
    """Returns the settings that make Pants use the indexes, folders and certificates of pip."""
    extra = pip.get("extra-index-url", "").split()
    settings = {}
    if "index-url" in pip:
        settings["PANTS_PYTHON_REPOS_INDEXES"] = str([pip["index-url"], *extra])
    elif extra:
        settings["PANTS_PYTHON_REPOS_INDEXES"] = f"+{extra}"
    if "find-links" in pip:
        settings["PANTS_PYTHON_REPOS_FIND_LINKS"] = f"+{pip['find-links'].split()}"
    if "cert" in pip:
        settings["PANTS_CA_CERTS_PATH"] = pip["cert"]
    return settings


def pip_settings() -> dict[str, str]:
    """Returns pip's settings by name, from its configuration files and environment."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    found = dict(line.split("=", 1) for line in listed.splitlines())
    return {
        key[len(scope) :]: ast.literal_eval(value)
        for scope in PIP_SCOPES
        for key, value in found.items()
        if key.startswith(scope)
    }


def main(pex: str, version: str, *pythons: str) -> None:
    """Prints one `export` a setting."""
    folders = [str(Path(python).parent) for python in pythons]
    settings = {
        **pex_settings(Path(pex), version),
        **index_settings(pip_settings()),
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": str(folders),
    }
    for name, value in settings.items():
        print(f"export {name}=${{{name}-{shlex.quote(value)}}}")


if __name__ == "__main__":
    main(*sys.argv[1:])
