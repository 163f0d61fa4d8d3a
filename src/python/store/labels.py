"""What is known of a passage, as labels that a search can ask for: `sentiment:negative`."""

from collections.abc import Iterator

#: Longer values are no labels: an index entry has to stay short.
LONGEST_VALUE = 200


def label(layer_name: str, value: str) -> str:
    """Return the label of a layer's value, which is the same in capitals and in small letters."""
    return f"{layer_name}:{value.casefold()}"


def labels_of(layer_name: str, value: object) -> set[str]:
    """Return the labels of a layer's JSON value: one for each text and each whole number in it."""
    return {label(layer_name, part) for part in _parts(value) if 0 < len(part) <= LONGEST_VALUE}


def language_labels(language: str | None) -> set[str]:
    """Return the labels of the ranges (RFC 4647) that a language (BCP 47) is in: en-GB is in en."""
    parts = language.split("-") if language else []
    return {language_label("-".join(parts[:length])) for length in range(1, len(parts) + 1)}


def language_label(language_range: str) -> str:
    """Return the label of a range of languages, whose capitals do not matter."""
    return f"language:{language_range.lower()}"


def _parts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case bool():
            return
        case int():
            yield str(value)
        case list():
            for item in value:
                yield from _parts(item)
        case dict():
            for item in value.values():
                yield from _parts(item)
