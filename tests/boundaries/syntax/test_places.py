"""Where a finding is, what it says, and what becomes of files that cannot be read."""

import pytest

from boundaries.syntax.check import findings
from boundaries.syntax.rule import Finding
from boundaries.syntax.rules import RULES
from tests.boundaries.syntax.shop import SERVICE, SETTINGS, settings


def found(content: bytes, path: str = SERVICE) -> list[Finding]:
    return findings(path, content, SETTINGS)


def test_a_finding_says_where_what_and_what_to_do() -> None:
    [finding] = found(b"x = 1\nif x:\n    print(x)\n")
    assert (finding.path, finding.line, finding.column) == (SERVICE, 3, 5)
    assert finding.message == "`print` writes to the terminal."
    assert finding.advice.startswith("Emit a typed event")


def test_a_registered_name_is_told_with_its_typed_event() -> None:
    [finding] = found(b"x = 'shop.index.sync.started'")
    assert "`IndexSyncStarted`" in finding.message


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_columns_count_characters(start: str) -> None:
    [finding] = found(f"{start}x = 'äöü€𝄞'; print(x)\n".encode())
    assert (finding.line, finding.column) == (1, 14)


def test_findings_are_in_the_order_of_the_file() -> None:
    lines = [finding.line for finding in found(b"print(1)\nimport structlog\nprint(2)\n")]
    assert lines == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"x = 1\ndef f(:\n", 2),
        (b"print 'x'\n", 1),
        (b"x = 1\n  y = 2\n", 2),
        (b"x = '\xff'\n", 1),
        (b"x = 1\0", 1),
        (b"# coding: nonsense\n", 1),
        (b"(" * 1000 + b")" * 1000, 1),
    ],
    ids=["syntax", "python 2", "indent", "not utf-8", "nul", "coding", "depth"],
)
def test_a_file_that_is_not_python_is_a_finding(content: bytes, line: int) -> None:
    [finding] = found(content)
    assert (finding.rule, finding.line) == ("syntax-error", line)
    assert finding.message.startswith("This file is not Python: ")


def test_other_encodings_are_read() -> None:
    [finding] = found("# coding: latin-1\nx = 'ä'; print(x)\n".encode("latin-1"))
    assert finding.line == 2


def test_every_rule_explains_itself_and_has_its_own_name() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.where
        for text in (rule.why, rule.instead):
            assert text[0].isupper()
            assert text.endswith(".")


def test_rules_hold_no_project_name() -> None:
    other = settings(facade_module="acme.obs", event_name_pattern=r"acme\.[a-z]+")
    source = b"import acme.obs as o\nsay = o.emit\nx = 'acme.started'\ny = 'shop.order.placed'\n"
    rules = [(each.line, each.rule) for each in findings(SERVICE, source, other)]
    assert rules == [(2, "facade-wrapper"), (3, "unregistered-event-name")]
