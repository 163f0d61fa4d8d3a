"""The façade is set up from the environment, and refuses what it cannot use by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import observability as obs
from observability.configuration import from_environment
from observability.sinks.file_sink import FileSink
from observability.sinks.logging_sink import LoggingSink


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OBS_VALIDATE_STRICT": "perhaps"}, "OBS_VALIDATE_STRICT must be true or false"),
        ({"OBS_SINKS": "stdout,carrier-pigeon"}, "OBS_SINKS takes stdout"),
        ({"OBS_SINKS": "stdout,stdout"}, "OBS_SINKS names a sink twice"),
        ({"OBS_SINKS": "file"}, "OBS_SINKS: file needs a path, as in file:events.jsonl"),
        ({"OBS_SINKS": "file:/nowhere/at/all"}, "/nowhere/at/all cannot be written"),
        ({"OBS_SINKS": "file:x", "OBS_FILE_MAX_BYTES": "0"}, "OBS_FILE_MAX_BYTES must be a whole"),
        ({"OBS_SINKS": "file:x", "OBS_FILE_KEEP": "-1"}, "OBS_FILE_KEEP must be a whole number"),
        ({"OBS_SINKS": "file:x", "OBS_FILE_KEEP": "٣"}, "OBS_FILE_KEEP must be a whole number"),
        ({"OBS_SINKS": "file:x", "OBS_FILE_FSYNC": "maybe"}, "OBS_FILE_FSYNC must be never, rot"),
        ({"OBS_ENV": "prod\n"}, "OBS_ENV cannot be used: it breaks pattern"),
        ({"OBS_SERVICE_NAME": "Ärger"}, "OBS_SERVICE_NAME cannot be used: it breaks pattern"),
        (
            {"OBS_SERVICE_VERSION": "x" * 129},
            "OBS_SERVICE_VERSION cannot be used: it breaks maxLen",
        ),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_by_name(environment: dict[str, str], said: str) -> None:
    before = obs.current_context().actor
    with pytest.raises(obs.InvalidConfiguration, match=said):
        obs.configure(environment=environment)
    assert obs.current_context().actor is before


def test_nothing_set_is_stdout_and_no_strictness() -> None:
    configuration = from_environment({})
    assert [type(sink) for sink in configuration.sinks] == [LoggingSink]
    assert configuration.validate_strict is False
    assert configuration.hash_key is None
    assert configuration.actor.service_name == "unknown_service"


def test_sinks_are_separated_by_commas(tmp_path: Path) -> None:
    configuration = from_environment({"OBS_SINKS": f"stdout, file:{tmp_path / 'lines'}"})
    assert [type(sink) for sink in configuration.sinks] == [LoggingSink, FileSink]


def test_the_key_never_shows() -> None:
    assert "hunter2" not in repr(from_environment({"OBS_HASH_KEY": "hunter2"}))


def test_an_argument_goes_before_its_variable() -> None:
    environment = {"OBS_SERVICE_NAME": "cron", "OBS_SERVICE_VERSION": "3.1.4", "OBS_ENV": "staging"}
    assert from_environment(environment, host="host-1").actor == obs.Actor(
        service_name="cron", service_version="3.1.4", env="staging", host="host-1"
    )
    given = from_environment(environment, service_name="api", service_version="1.0.0")
    assert (given.actor.service_name, given.actor.service_version) == ("api", "1.0.0")


def test_a_machine_whose_name_breaks_the_contract_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.uname_result(("Linux", "Ärger", "6", "1", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: name)
    assert from_environment({}).actor.host is None


def test_opentelemetry_is_asked_for_by_name_where_it_is_not_installed() -> None:
    code = (
        "import sys; sys.modules['opentelemetry'] = None; import observability as obs;"
        "obs.configure(environment={'OBS_SINKS': 'otel'})"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert done.returncode == 1
    assert b"OBS_SINKS: otel needs the package opentelemetry-proto" in done.stderr
