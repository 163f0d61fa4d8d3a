"""A comparison as a code host and a build server read it: workflow commands and JUnit XML."""

from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from registry.evolution.change import Change, Comparison
from registry.evolution.kinds import Level


def as_github(comparison: Comparison, folder: Path) -> str:
    """Return one GitHub workflow command a change, on its file below `folder`.

    A breaking change is an error, or a warning when the new major version allows it; all else is a
    notice.
    """
    return "".join(_command(change, comparison, folder) for change in comparison.changes)


def as_junit(comparison: Comparison, folder: Path) -> str:
    """Return a JUnit XML document: one test case a change, failed when it is refused."""
    failed = [change for change in comparison.changes if _fails(change, comparison)]
    suite = Element(
        "testsuite",
        name=f"contracts {comparison.previous} to {comparison.current}",
        tests=str(max(1, len(comparison.changes))),
        failures=str(len(failed)),
        errors="0",
        skipped="0",
    )
    if not comparison.changes:
        SubElement(suite, "testcase", classname="contracts", name="no change")
    for change in comparison.changes:
        case = SubElement(
            suite,
            "testcase",
            classname=change.subject,
            name=f"{change.kind.id} {change.file}#{change.pointer}",
            file=(folder / change.file).as_posix(),
        )
        if change in failed:
            failure = SubElement(
                case, "failure", type=change.kind.id, message=_xml(change.sentence)
            )
            failure.text = change.kind.value.advice
        else:
            SubElement(case, "system-out").text = _xml(change.sentence)
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _fails(change: Change, comparison: Comparison) -> bool:
    return comparison.refused and change.kind.level is Level.BREAKING


def _command(change: Change, comparison: Comparison, folder: Path) -> str:
    command = "notice"
    if change.kind.level is Level.BREAKING:
        command = "error" if comparison.refused else "warning"
    file = _property((folder / change.file).as_posix())
    message = _data(f"{change.sentence} {change.kind.value.advice} (#{change.pointer})")
    return f"::{command} file={file},title={_property(change.kind.id)}::{message}\n"


def _data(text: str) -> str:
    """Escape a workflow command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a workflow command's property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _xml(text: str) -> str:
    """Put a question mark for what XML 1.0 cannot hold."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)
