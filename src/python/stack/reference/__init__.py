"""The reference of the command line, made from the commands themselves."""

from stack.reference.command import reference

__all__ = ["reference"]
