"""When, where and of what something was measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any


def provenance(packages: tuple[str, ...]) -> dict[str, Any]:
    """Return the time, the machine with its load (other work spoils results), and versions."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {package: version(package) for package in packages},
    }
