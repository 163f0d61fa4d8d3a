"""Keeps the boundaries of a Pants repository: dependency rules and a lint of the syntax."""
