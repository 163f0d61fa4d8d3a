"""Every kind of change has a pair of contracts that shows it, and a line in the documentation."""

import json
from pathlib import Path

import pytest

from registry.evolution import evolution_page
from registry.evolution.change import Comparison
from registry.evolution.comparison import compare_contracts
from registry.evolution.contract_set import read_contracts
from registry.evolution.kinds import Kind

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests" / "fixtures" / "evolution"


def compared(kind: Kind) -> Comparison:
    folder = FIXTURES / kind.id
    return compare_contracts(
        read_contracts(folder / "previous"), read_contracts(folder / "current")
    )


def test_every_fixture_is_of_a_kind() -> None:
    assert {path.name for path in FIXTURES.iterdir() if path.is_dir()} == {kind.id for kind in Kind}


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.id)
def test_a_pair_of_contracts_shows_the_kind(kind: Kind) -> None:
    comparison = compared(kind)
    assert kind in {change.kind for change in comparison.changes}
    told = [
        {
            "kind": change.kind.id,
            "place": f"{change.file}#{change.pointer}",
            "sentence": change.sentence,
        }
        for change in comparison.changes
    ]
    assert told == json.loads((FIXTURES / kind.id / "expected.json").read_text())


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.id)
def test_what_is_read_backwards_differs_too(kind: Kind) -> None:
    folder = FIXTURES / kind.id
    back = compare_contracts(
        read_contracts(folder / "current"), read_contracts(folder / "previous")
    )
    assert back.changes


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.id)
def test_contracts_do_not_differ_from_themselves(kind: Kind) -> None:
    contracts = read_contracts(FIXTURES / kind.id / "current")
    assert compare_contracts(contracts, contracts).changes == ()


def test_the_documentation_tells_every_kind() -> None:
    page = (ROOT / "docs" / "contract-evolution.md").read_text()
    assert page == evolution_page(), "stale: run ./pants run //:contracts -- generate"
