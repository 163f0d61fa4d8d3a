"""Keeps telemetry behind one façade: a lint of the syntax tree, `python -m boundaries.syntax`."""
