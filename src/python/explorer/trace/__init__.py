"""From one id to the whole story."""

from explorer.trace.build import build
from explorer.trace.command import trace
from explorer.trace.correlation import uncorrelated
from explorer.trace.span import Span
from explorer.trace.waterfall import waterfall

__all__ = ["Span", "build", "trace", "uncorrelated", "waterfall"]
