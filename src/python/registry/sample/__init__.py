"""Makes streams of event lines that keep the contracts and the rules of the lifecycle."""

from registry.sample.command import sample
from registry.sample.stream import sample_lines

__all__ = ["sample", "sample_lines"]
