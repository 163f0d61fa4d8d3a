"""The picture of who knows whom: of this repository as it is now, and of small ones."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from architecture.command import PAGE, PICTURE, architecture
from architecture.graph import CircleError
from architecture.mermaid import as_mermaid
from architecture.page import with_picture
from architecture.reading import read_graph
from architecture.svg import as_svg
from architecture.text import as_text

RULES = """
def code(*folders):
    return [f"//src/python/{folder}/**" for folder in folders]


__dependencies_rules__(
    (code("shop"), code("shop", "till"), "//contracts/**", "# Ask first.", "!*"),
    (code("till"), code("till"), "//3rdparty/python/*#rich", "!*"),
    ("*", "!*"),
)
python_source(name="shop", source="src/python/shop/__main__.py")
"""
FILES = {
    "BUILD": RULES,
    "3rdparty/python/BUILD": "python_requirements(name='narralytica')",
    "3rdparty/python/narralytica.in": "rich==1\nhttpx\n",
    "contracts/a.json": "{}",
    "src/python/shop/BUILD": "python_sources()",
    "src/python/shop/__init__.py": '"""Sells."""\n',
    "src/python/shop/counter.py": "import json\nfrom . import shelf\n",
    "src/python/shop/shelf.py": "",
    "src/python/till/BUILD": "python_sources()",
    "src/python/till/__init__.py": '"""Counts."""\nimport rich.table\n',
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_the_page_shows_the_repository_as_it_is() -> None:
    graph = read_graph(Path.cwd())
    stale = "out of date: run `./pants run //:narralytica -- architecture --write`"
    page = Path(PAGE).read_text()
    assert with_picture(page, graph) == page, stale
    assert as_svg(graph) == Path(PICTURE).read_text(), stale


def test_nothing_is_used_without_a_grant() -> None:
    graph = read_graph(Path.cwd())
    assert {part: graph.denied(part) for part in graph.parts if graph.denied(part)} == {}


def test_what_is_granted_and_not_used_is_shown(shop: Path) -> None:
    graph = read_graph(shop)
    assert graph.unused("shop") == {"till", "contracts"}
    assert graph.libraries_allowed["till"] == graph.libraries_used["till"] == {"rich"}
    assert "shop: Sells.\n  may use, and does not: contracts, till\n" in as_text(graph)


@pytest.mark.parametrize(
    "line",
    [
        "import till",
        "from till import X",
        "def late():\n    import till.drawer",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from till import X",
        "from .. import till",
    ],
)
def test_an_import_is_an_arrow(shop: Path, line: str) -> None:
    (shop / "src/python/shop/counter.py").write_text(line)
    graph = read_graph(shop)
    assert graph.imported["shop"] == {"till"}
    assert "  shop --> till\n" in as_mermaid(graph)


def test_what_a_build_file_gives_is_a_dotted_arrow(shop: Path) -> None:
    given = "python_sources(overrides={'a.py': dict(dependencies=['//contracts:schemas'])})"
    (shop / "src/python/shop/BUILD").write_text(given)
    graph = read_graph(shop)
    assert graph.given["shop"] == {"contracts"}
    assert "  shop -.-> contracts\n" in as_mermaid(graph)


def test_a_use_without_a_grant_is_marked(shop: Path) -> None:
    (shop / "src/python/till/__init__.py").write_text('"""Counts."""\nimport shop.shelf\n')
    graph = read_graph(shop)
    assert graph.denied("till") == {"shop"}
    assert "till: Counts.\n  imports: shop\n  uses without a grant: shop\n" in as_text(graph)


def test_a_circle_has_no_picture(shop: Path) -> None:
    (shop / "src/python/shop/counter.py").write_text("import till")
    (shop / "src/python/till/__init__.py").write_text("import shop")
    with pytest.raises(CircleError, match="shop, till"):
        as_text(read_graph(shop))


def test_the_picture_has_every_part_and_every_arrow() -> None:
    graph = read_graph(Path.cwd())
    texts = [element.text for element in ElementTree.fromstring(as_svg(graph)).iter()]  # noqa: S314
    assert [part for part in graph.parts if part not in texts] == []


def test_elsewhere_the_command_says_where_to_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(architecture)
    assert result.exit_code == 1
    assert "run this where its BUILD file is" in result.output
    assert "Traceback" not in result.output


def test_write_renews_the_page(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(PAGE).read_text()
    monkeypatch.chdir(shop)
    (shop / "docs").mkdir()
    (shop / PAGE).write_text(page)
    assert CliRunner().invoke(architecture, ["--write"]).exit_code == 0
    renewed = (shop / PAGE).read_text()
    assert renewed.startswith(page.partition("<!--")[0])
    assert "Sells." in renewed
    assert "observability[" not in renewed
