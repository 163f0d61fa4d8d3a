"""docs/explorer-commands.md says what is: its filters, its outputs, its options."""

import re
from importlib.resources import as_file
from pathlib import Path

import pytest
from click.testing import CliRunner

from explorer.commands import diff, errors, query, slow, stats, tail
from explorer.filter import FilterError, parse
from tests.unit.explorer.recorded import STREAMS

PAGE = (Path(__file__).parents[3] / "docs/explorer-commands.md").read_text()
SNAPSHOTS = Path(__file__).parent / "snapshots"
[GRAMMAR] = re.findall(r"^\| write \|.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
FILTERS = [
    text.replace("\\|", "|")
    for row in GRAMMAR.splitlines()[2:]
    for text in re.findall(r"`([^`]+)`", row.split(" | ")[0])
    if text not in (">", ">=", "<", "<=")
]


@pytest.mark.parametrize("text", FILTERS)
def test_every_filter_in_the_table_can_be_written(text: str) -> None:
    assert parse(text) != parse("")


def test_the_error_is_the_one_that_is_shown() -> None:
    with pytest.raises(FilterError) as raised:
        parse("area:job_run worker:enrch")
    assert f"```\n{raised.value}\n```" in PAGE


@pytest.mark.parametrize(
    "view", ["stats-area", "stats-buckets", "errors", "slow", "diff-jobs", "diff-versions"]
)
def test_the_outputs_are_what_the_terminal_shows(view: str) -> None:
    assert f"```\n{(SNAPSHOTS / f'{view}-80.txt').read_text()}```" in PAGE


def test_the_lines_of_tail_are_what_the_terminal_shows() -> None:
    [shown] = re.findall(r"## tail\n.*?```\n(.*?)```", PAGE, re.DOTALL)
    assert shown in (SNAPSHOTS / "tail-80.txt").read_text()


def test_the_query_gives_the_answer_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    [(sql, answer)] = re.findall(r'\$ narralytica query "(.*?)" events/\n(.*?)```', PAGE, re.DOTALL)
    with as_file(STREAMS / "sample.jsonl") as sample:
        assert CliRunner().invoke(query, [sql, str(sample)]).stdout == answer


def test_the_options_are_there() -> None:
    named = set(re.findall(r"`(?:-\w`, `)?(--[\w-]+)", PAGE))
    commands = (diff, errors, query, slow, stats, tail)
    known = {option for each in commands for param in each.params for option in param.opts}
    assert named <= known | {"--no-follow"}
    shared = {"--filter", "--since", "--until", "--area", "--service", "--severity", "--job"}
    for command in (diff, errors, slow, stats, tail):
        assert shared | {"--json"} <= {option for param in command.params for option in param.opts}
