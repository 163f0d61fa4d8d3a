"""Recognizes the façade and its functions, by the dotted names that expressions stand for."""

from boundaries.syntax.configuration import Configuration
from boundaries.syntax.names import Meanings


def is_within(name: str, module: str) -> bool:
    """Tell whether a dotted name is `module` or anything in it."""
    return name == module or name.startswith(f"{module}.")


def means_facade(meanings: Meanings, configuration: Configuration) -> bool:
    """Tell whether something may be the façade's module."""
    return configuration.facade_module in meanings


def means_function(
    meanings: Meanings, configuration: Configuration, functions: tuple[str, ...]
) -> bool:
    """Tell whether something may be one of these functions of the façade, taken from anywhere."""
    start = f"{configuration.facade_module}."
    return any(name.startswith(start) and name.rpartition(".")[2] in functions for name in meanings)


def means_emit(meanings: Meanings, configuration: Configuration) -> bool:
    """Tell whether something may be a function of the façade that nobody may wrap."""
    return means_function(meanings, configuration, configuration.emit_functions)
