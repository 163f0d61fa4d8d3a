"""The command line as a whole: every command's help, its reference, completion, exit codes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from product_version import VERSION
from stack.__main__ import main
from stack.reference.command import FORMATS, PAGES, RENEW
from stack.reference.entries import entries
from stack.reference.exit_codes import EXIT_CODES
from tests.unit.explorer.recorded import DEMO, SAMPLE, encoded

COLUMNS = 80
ENTRIES = {entry.name: entry for entry in entries(main)}
#: What of roff the manual page is made of.
MACROS = {"TH", "SH", "SS", "B", "PP", "TP", "nf", "fi", "RS", "RE"}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="narralytica")


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(("narralytica", *path)), command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)


ALL = dict(commands(main))


def test_the_reference_knows_every_command() -> None:
    assert set(ENTRIES) == set(ALL)
    assert len(ENTRIES) > 15


@pytest.mark.parametrize("name", ALL)
def test_help_tells_what_for_with_an_example_within_80_columns(name: str) -> None:
    done = invoke(*name.split()[1:], "--help")
    assert done.exit_code == 0, done.output
    assert not [line for line in done.output.splitlines() if len(line) > COLUMNS]
    entry = ENTRIES[name]
    assert entry.paragraphs[0].endswith("."), (
        "the first paragraph says in a sentence what it is for"
    )
    assert [line for line in entry.examples if "narralytica " in line], (
        f"give {name} an example in its docstring: a paragraph that begins with \\b,"
        " with a line that shows a call"
    )
    assert "$ narralytica" not in "".join(entry.examples), "examples are to be copied: no prompt"


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_does(name: str) -> None:
    without = [
        option.opts[0]
        for option in ALL[name].params
        if isinstance(option, click.Option) and not option.hidden and not option.help
    ]
    assert not without, f"give these options of {name} a help="


@pytest.mark.parametrize("name", ALL)
def test_examples_are_commands_that_there_are(name: str) -> None:
    """Each call in an example names a command, and options that it has."""
    text = "\n".join(ENTRIES[name].examples).replace("\\\n", " ")
    for call in re.findall(r"\bnarralytica ([^|\n#)]*)", text):
        words = call.split()
        command: click.Command = main
        while words and isinstance(command, click.Group):
            assert words[0] in command.commands, f"narralytica {call}"
            command = command.commands[words.pop(0)]
        known = {opt for each in command.params for opt in (*each.opts, *each.secondary_opts)}
        used = {word.partition("=")[0] for word in words if re.match(r"--\w", word)}
        assert used <= known | {"--help"}, f"narralytica {call}"


@pytest.mark.parametrize("path", PAGES)
def test_the_reference_is_up_to_date(path: str) -> None:
    committed = files("docs").joinpath(Path(path).name).read_text()
    made = FORMATS[PAGES[path]](tuple(entries(main)), RENEW)
    assert committed == made, f"{path} is out of date: run {RENEW}"


def test_the_reference_is_written_by_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = invoke("reference", "--write")
    assert (refused.exit_code, "docs/cli.md" in refused.stderr) == (1, True)
    (tmp_path / "docs").mkdir()
    assert invoke("reference", "--write").exit_code == 0
    for path, form in PAGES.items():
        assert (tmp_path / path).read_text() == invoke("reference", "--format", form).stdout


def test_the_manual_page_is_roff_that_means_what_it_says() -> None:
    page = invoke("reference", "--format", "man").stdout
    assert page.isascii()
    for line in page.splitlines():
        assert not line.startswith("'")
        if line.startswith(".") and not line.startswith('.\\"'):
            assert line.split()[0].removeprefix(".") in MACROS
        escapes = re.findall(r"\\(\(..|\[u[0-9A-F]{4,6}\]|f[BR]|[-e&\"])?", line)
        assert "" not in escapes, line
    for name in ENTRIES:
        assert name == "narralytica" or f".SS {name}".replace("-", "\\-") in page
    assert [line for line in page.splitlines() if line.startswith(".SH")] == [
        ".SH NAME",
        ".SH SYNOPSIS",
        ".SH DESCRIPTION",
        ".SH COMMANDS",
        ".SH EXIT STATUS",
    ]


@given(st.text(min_size=1))
def test_any_help_text_becomes_both_pages(text: str) -> None:
    @click.group(help=f"Words. {text}")
    @click.option("--any", help=text)
    def odd() -> None:
        """Never called."""

    told = tuple(entries(odd, "narralytica"))
    page = FORMATS["man"](told, "x")
    assert page.isascii()
    assert not [line for line in page.splitlines() if line.startswith("'")]
    assert "--any" in FORMATS["markdown"](told, "x")


def test_version() -> None:
    done = invoke("--version")
    assert (done.exit_code, done.stdout) == (0, f"narralytica, version {VERSION}\n")


@pytest.fixture
def streams(tmp_path: Path) -> dict[str, str]:
    """Files: a good stream, one that breaks a rule, and one that is no stream."""
    whole = b"".join(line for lines in DEMO.values() for line in encoded(lines))
    contents = {
        "good": whole,
        "broken": b"".join(encoded(SAMPLE["sample"][3:])),
        "words": b"no event\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in contents} | {"gone": str(tmp_path / "gone")}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("check good", 0),
        ("check broken", 1),
        ("check words", 1),
        ("check gone", 2),
        ("trace {job} good", 0),
        ("trace ffffffff good", 1),
        ("trace {job} gone", 2),
        ("trace {job} good --format paper", 2),
        ("export otlp good --dry-run", 0),
        ("export otlp good --endpoint http://127.0.0.1:1 --give-up-after 0.01", 1),
        ("export otlp gone", 2),
        ("contracts coverage words", 1),
        ("contracts sample --jobs 0", 2),
        ("contracts diff --against 0.0.0", 2),
        ("completion bash", 0),
        ("completion tcsh", 2),
        ("reference --format man", 0),
        ("up --port 70000", 2),
        ("demo gone", 2),
        ("", 2),
        ("nonsense", 2),
    ],
)
def test_exit_codes_are_those_of_the_table(streams: dict[str, str], call: str, code: int) -> None:
    job = DEMO["api"][0]["correlation"]["job_id"]
    words = [streams.get(word, word) for word in call.format(job=job).split()]
    done = invoke(*words)
    assert done.exit_code == code
    assert code in EXIT_CODES
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ALL)
def test_an_unknown_option_is_wrong_usage_everywhere(name: str) -> None:
    done = invoke(*name.split()[1:], "--no-such-option")
    assert done.exit_code == 2
    assert "--no-such-option" in done.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("narralytica tra", {"trace"}),
        ("narralytica contracts re", {"release"}),
        ("narralytica export ot", {"otlp"}),
        ("narralytica completion ", {"bash", "zsh", "fish"}),
        ("narralytica trace --form", {"--format"}),
        ("narralytica trace --format chr", {"chrome-trace"}),
    ],
)
def test_bash_completes(tmp_path: Path, typed: str, offered: set[str]) -> None:
    command = tmp_path / "narralytica"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stack "$@"\n')
    command.chmod(0o755)
    # As bash does when TAB is pressed: it looks up what `complete` registered, and calls it.
    script = r"""
        source <(narralytica completion bash)
        [[ $(complete -p narralytica) =~ -F\ ([^ ]+) ]] || exit 3
        COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
        read -ra COMP_WORDS <<< "$1"
        [[ $1 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
        "${BASH_REMATCH[1]}" narralytica "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["/usr/bin/env", "bash", "--norc", "-c", script, "bash", typed],
        capture_output=True,
        text=True,
        env={
            "PATH": f"{tmp_path}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == offered
