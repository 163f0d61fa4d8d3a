"""The five workers that carry a job out, one process each."""

import os

# Before any of them is imported: model libraries must neither report to their makers nor keep an
# identifier of the machine, nor fetch anything.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
