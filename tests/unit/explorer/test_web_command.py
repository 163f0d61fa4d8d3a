"""How `narralytica explore` refuses what it cannot do."""

import socket
from pathlib import Path

from click import Command
from click.testing import CliRunner

from explorer.web import explore_command


def test_a_used_port_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(_command(tmp_path), [str(tmp_path), "--port", str(port)])
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.output
    assert "--port" in result.output


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing.jsonl"
    arguments = [str(missing), "--port", "0", "--index", str(tmp_path / "index")]
    result = CliRunner().invoke(_command(tmp_path), arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert str(missing) in result.output


def test_without_files_it_shows_the_default_ones(tmp_path: Path) -> None:
    missing = tmp_path / "events"
    result = CliRunner().invoke(
        _command(missing), ["--port", "0", "--index", str(tmp_path / "index")]
    )
    assert result.exit_code == 1
    assert str(missing) in result.output


def _command(default: Path) -> Command:
    return explore_command(lambda: [default])
