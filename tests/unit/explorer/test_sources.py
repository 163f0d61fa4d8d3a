"""Lines are found, unpacked, unwrapped and followed wherever they stand, and none is lost."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from explorer.sources import (
    MAX_LINE_BYTES,
    TOO_LONG,
    Block,
    BrokenStream,
    KnownFile,
    Line,
    MissingSource,
    Position,
    Task,
    discover,
    open_stream,
    pending,
    read_blocks,
    read_lines,
)
from explorer.sources.stream import Read

TIME = "2026-11-25T12:00:00.000000000Z"
CONTENT = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=40)


def reading(data: bytes, most: int = 1 << 20) -> Read:
    """Return what reads `data`, at most so many bytes at a time, as a pipe does."""
    rest = memoryview(data)

    def read(size: int) -> bytes:
        nonlocal rest
        got, rest = rest[: min(size, most)], rest[min(size, most) :]
        return bytes(got)

    return read


def blocks_of(data: bytes, *, size: int = 1 << 20, final: bool = True) -> list[Block]:
    return list(read_blocks(reading(data), Position(), final=final, size=size))


def lines_of(data: bytes, *, size: int = 1 << 20, final: bool = True) -> list[Line]:
    return [line for block in blocks_of(data, size=size, final=final) for line in block.lines()]


def contents(lines: Sequence[Line]) -> list[bytes]:
    return [line.content for line in lines]


# Finding


def test_a_directory_stands_for_its_logs_also_rotated_and_packed_ones(tmp_path: Path) -> None:
    names = ["a.jsonl", "b.log.1", "deep/er/c.json.gz", "d.jsonl.20261125T120000.000000001Z"]
    for name in [*names, "readme.md", "a.jsonl.lock", "jsonl"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert discover([tmp_path]) == sorted(tmp_path / name for name in names)


def test_a_file_is_read_once_however_often_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.touch()
    assert discover([file, tmp_path, tmp_path / "*.jsonl", tmp_path / "**" / "a.*"]) == [file]


def test_what_finds_nothing_is_told(tmp_path: Path) -> None:
    for source in (tmp_path / "none.jsonl", tmp_path / "*.jsonl"):
        with pytest.raises(MissingSource, match=r"jsonl: no"):
            discover([source])


# Unpacking


@pytest.mark.parametrize("name", ["x.jsonl", "x.gz", "x.zst", "misnamed.jsonl.zst"])
def test_packed_files_are_unpacked_by_what_they_hold(tmp_path: Path, name: str) -> None:
    data = b"".join(b"line %d\n" % number for number in range(5000))
    path = tmp_path / name
    # Two members, two frames: as tools that append to packed files leave them.
    halves = data[:20_000], data[20_000:]
    packed = {
        "x.jsonl": data,
        "x.gz": b"".join(map(gzip.compress, halves)),
        "x.zst": b"".join(map(zstandard.compress, halves)),
        "misnamed.jsonl.zst": gzip.compress(data),
    }
    path.write_bytes(packed[name])
    assert contents(list(read_lines(path))) == data.splitlines()
    with open_stream(path, 30_000) as read:
        rest = b"".join(iter(lambda: read(4096), b""))
    assert rest == data[30_000:]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_damaged_packed_file_is_read_up_to_its_damage(
    tmp_path: Path, pack: Callable[..., Any]
) -> None:
    data = b"".join(b"%d\n" % (number * 7919 % 100_003) for number in range(200_000))
    packed = bytearray(pack(data))
    middle = len(packed) // 2
    packed[middle : middle + 64] = bytes(64)
    path = tmp_path / "x"
    path.write_bytes(packed)
    *good, last = read_lines(path)
    assert len(good) > 1000
    assert contents(good[:1000]) == data.splitlines()[:1000]
    assert last.fault.startswith("cannot be unpacked further")


def test_a_packed_file_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"first\nsecond\n" * 1000)[:-20])
    with open_stream(path) as read, pytest.raises(BrokenStream):
        list(iter(lambda: read(1 << 20), b""))


# Blocks


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b""))), st.integers(1, 64))
def test_however_it_is_cut_into_blocks_no_line_is_lost(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    found = lines_of(data, size=size)
    assert contents(found) == [line.rstrip(b"\r") for line in lines]
    assert [line.number for line in found] == list(range(1, len(lines) + 1))
    assert all(data[line.offset :].startswith(line.content) for line in found)


@given(st.lists(st.binary(max_size=30)), st.integers(1, 64))
def test_reading_goes_on_from_the_end_of_any_block(lines: list[bytes], size: int) -> None:
    data = b"\n".join(lines)
    blocks = blocks_of(data, size=size)
    whole = [line for block in blocks for line in block.lines()]
    for number, block in enumerate(blocks):
        rest = reading(data[block.end.offset :])
        after = [line for b in read_blocks(rest, block.end, final=True) for line in b.lines()]
        before = sum(len(list(each.lines())) for each in blocks[: number + 1])
        assert after == whole[before:]
    assert all(one.end == other.start for one, other in pairwise(blocks))


def test_a_line_without_a_line_feed_is_taken_when_it_is_a_whole_object_and_not_again() -> None:
    start = b'{"a":1}\n{"b":'
    assert contents(lines_of(start, final=False)) == [b'{"a":1}']
    (block,) = blocks_of(start + b"2}", final=False)
    assert contents(list(block.lines())) == [b'{"a":1}', b'{"b":2}']
    rest = list(read_blocks(reading(b'\n{"c":3}\n'), block.end, final=False))
    assert [(line.number, line.content) for line in rest[0].lines()] == [(3, b'{"c":3}')]
    assert rest[0].end.offset == len(start) + 2 + 9


def test_an_endless_line_takes_no_memory() -> None:
    def endless() -> Iterator[bytes]:
        yield b"good\n"
        for _ in range(256):
            yield b"x" * MAX_LINE_BYTES
        yield b"x\nlast\n"

    pieces = endless()
    tracemalloc.start()
    lines = [
        line
        for block in read_blocks(lambda size: next(pieces, b""), Position(), final=True)
        for line in block.lines()
    ]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(line.number, line.fault) for line in lines] == [(1, ""), (2, TOO_LONG), (3, "")]
    assert lines[1].length == 256 * MAX_LINE_BYTES + 2
    assert lines[2].content == b"last"
    assert peak < 32 << 20


# Wrapped lines


def docker(parts: Sequence[tuple[str, str, bool]]) -> list[str]:
    return [
        json.dumps({"log": text + ("\n" if last else ""), "stream": stream, "time": TIME})
        for stream, text, last in parts
    ]


def cri(parts: Sequence[tuple[str, str, bool]]) -> list[str]:
    return [f"{TIME} {stream} {'F' if last else 'P'} {text}" for stream, text, last in parts]


@st.composite
def written_in_parts(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str, bool]]]:
    """Return messages, and the parts of two streams that were written among one another."""
    streams = {
        name: [
            (name, text[at : at + 5], at + 5 >= len(text))
            for text in draw(st.lists(CONTENT, max_size=5))
            for at in range(0, max(len(text), 1), 5)
        ]
        for name in ("stdout", "stderr")
    }
    messages: list[str] = []
    parts: list[tuple[str, str, bool]] = []
    begun = {"stdout": "", "stderr": ""}
    while any(streams.values()):
        name = draw(st.sampled_from(sorted(name for name, left in streams.items() if left)))
        part = streams[name].pop(0)
        parts.append(part)
        begun[name] += part[1]
        if part[2]:
            messages.append(begun[name])
            begun[name] = ""
    return messages, parts


@pytest.mark.parametrize("wrap", [docker, cri])
@given(written=written_in_parts(), size=st.integers(1, 400))
def test_what_runtimes_wrapped_and_cut_is_whole_again(
    wrap: Callable[..., Any], written: tuple[list[str], list[tuple[str, str, bool]]], size: int
) -> None:
    messages, parts = written
    wrapped: list[str] = wrap(parts)
    data = "".join(f"{line}\n" for line in wrapped).encode()
    found = lines_of(data, size=size)
    assert sorted(line.content.decode() for line in found) == sorted(messages)
    assert len({line.number for line in found}) == len(messages)
    for line in found:
        assert data[line.offset : line.offset + line.length].strip() in data


@pytest.mark.parametrize(
    "message", ['{"a":1}', list(b'{"a":1}'), list('{"ä":1}\n'.encode())], ids=str
)
def test_journald_says_its_message_as_text_or_as_bytes(message: object) -> None:
    entry = {"__REALTIME_TIMESTAMP": "1", "PRIORITY": "6", "MESSAGE": message}
    expected = message if isinstance(message, str) else bytes(message).decode()  # type: ignore[call-overload]
    assert contents(lines_of(json.dumps(entry).encode() + b"\n")) == [expected.strip().encode()]


@pytest.mark.parametrize("message", [None, ["a", "b"], [1000], [[1]], {}], ids=str)
def test_a_journal_entry_without_one_message_stays_as_it_is(message: object) -> None:
    line = json.dumps({"__REALTIME_TIMESTAMP": "1", "MESSAGE": message}).encode()
    assert contents(lines_of(line + b"\n")) == [line]


def test_a_part_whose_rest_never_comes_holds_nothing_up_for_long() -> None:
    first = f"{TIME} stderr P beginning\n".encode()
    more = f"{TIME} stdout F line\n".encode()
    assert lines_of(first + more, final=False) == []
    many = more * (MAX_LINE_BYTES // len(more) + 10)
    found = lines_of(first + many, final=False, size=8 << 20)
    assert found[0].content == b"beginning"
    assert len(found) > 10_000


@given(st.binary(max_size=200), st.integers(1, 50))
def test_nothing_breaks_the_reader(data: bytes, size: int) -> None:
    for tail in (b' {"log":1}\n', b"2026-01-01T00:00:00Z stdout P x\n", b""):
        covered = sum(line.length for line in lines_of(data + tail, size=size))
        assert covered == len(data + tail)


# Following


class Follower:
    """Reads what is pending, and remembers where it stopped, as the index does."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths
        self.known: dict[int, KnownFile] = {}

    def read(self) -> list[str]:
        found: list[str] = []
        for task in pending(list(self.known.values()), discover(self.paths)):
            found += self._read(task)
        return found

    def _read(self, task: Task) -> Iterator[str]:
        file, position = task.file, task.file.position
        with open_stream(file.path, position.offset) as read:
            for block in read_blocks(read, position, final=task.packed):
                position = block.end
                yield from (line.content.decode().strip() for line in block.lines())
        self.known[file.number] = KnownFile(
            number=file.number, path=file.path, stamp=file.stamp, position=position
        )


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.touch()
    follower = Follower(path)
    assert follower.read() == []
    append(path, "one", "two")
    assert follower.read() == ["one", "two"]
    assert follower.read() == []
    append(path, "three")
    assert follower.read() == ["three"]
    assert len(follower.known) == 1


@pytest.mark.parametrize("rotated", ["a.jsonl.1", "elsewhere.old"])
def test_a_renamed_file_is_read_to_its_end_and_its_successor_from_its_beginning(
    tmp_path: Path, rotated: str
) -> None:
    path = tmp_path / "a.jsonl"
    append(path, "one")
    follower = Follower(path)
    assert follower.read() == ["one"]
    append(path, "two")
    path.rename(tmp_path / rotated)
    append(tmp_path / rotated, "three")
    append(path, "four")
    assert sorted(follower.read()) == ["four", "three", "two"]
    append(path, "five")
    assert follower.read() == ["five"]
    assert {file.path.name for file in follower.known.values()} == {"a.jsonl", rotated}


def test_a_copied_and_truncated_file_is_read_on_in_the_copy(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.jsonl", tmp_path / "a.jsonl.1"
    append(path, "one")
    follower = Follower(tmp_path)
    assert follower.read() == ["one"]
    append(path, "two")
    copy.write_bytes(path.read_bytes())
    path.write_bytes(b"")
    append(path, "three")
    assert sorted(follower.read()) == ["three", "two"]


def test_a_truncated_file_that_has_grown_beyond_its_old_size_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, "one", "two")
    follower = Follower(path)
    follower.read()
    path.write_bytes(b"")
    append(path, "three", "four", "five")
    assert follower.read() == ["three", "four", "five"]


def test_a_rotated_file_that_was_packed_is_read_on_where_reading_had_stopped(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.jsonl"
    append(path, "one")
    follower = Follower(tmp_path)
    follower.read()
    append(path, "two")
    (tmp_path / "a.jsonl.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert follower.read() == ["two"]


def test_a_new_file_that_begins_like_another_is_read_from_its_beginning(tmp_path: Path) -> None:
    append(tmp_path / "a.jsonl", "same", "same")
    follower = Follower(tmp_path)
    follower.read()
    append(tmp_path / "b.jsonl", "same", "same", "other")
    assert follower.read() == ["same", "same", "other"]
