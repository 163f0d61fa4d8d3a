"""`./pants run tests/snapshot:update`: writes the snapshots anew."""

import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest

# Below the repository, where `./pants run` starts; tests in their sandbox cannot write there.
SNAPSHOT_TESTS = "tests/snapshot"

# pytest-snapshot reports each file that it wrote as an error; what counts is the run after it.
with redirect_stdout(StringIO()):
    pytest.main([SNAPSHOT_TESTS, "--snapshot-update"])
sys.exit(pytest.main([SNAPSHOT_TESTS, "--quiet"]))
