"""Who may use the API, as clients and operators meet it: real servers, a real database."""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from api.access.key_ring import FRESH_S
from stack.embedded_postgres import embedded_postgres
from stack.launch import free_port, wait_until_healthy
from stack.processes import Folders, Service, service_environment
from store.api_keys import SCOPES
from tests.chaos.wire import wire_to
from tests.integration.running_stack import RunningStack, wait_until
from tests.integration.test_api import assert_is_problem
from tests.integration.workshop import environment_of, terminate

EVERYWHERE = "0.0.0.0"  # noqa: S104  It is refused, or takes a key.
KEY = re.compile(r"nk_[0-9a-f]{12}_[0-9a-f]{64}\n")


@pytest.fixture(autouse=True)
def no_keys_at_first(lone_url: str) -> None:
    execute(lone_url, "DELETE FROM api_keys")


@pytest.fixture
def open_api(lone_api: RunningStack) -> RunningStack:
    """The API, which knows by now that there are no keys."""
    wait_until(lambda: lone_api.client.get("/jobs").status_code == 200, "no key is needed")
    return lone_api


@contextmanager
def running_api(
    url: str, folder: Path, *arguments: str, address: str = "127.0.0.1", **settings: str
) -> Iterator[RunningStack]:
    port = free_port()
    service = Service(
        name="api",
        module="api",
        arguments=("--port", str(port), *arguments),
        environment={**environment_of(url), **settings},
        folders=Folders.below(folder),
    )
    service.start()
    try:
        with httpx.Client(base_url=f"http://{address}:{port}", timeout=60) as client:
            wait_until_healthy(client, [service])
            yield RunningStack(client=client, services=[service], folders=service.folders)
    finally:
        terminate(service)


def run(module: str, *arguments: str, url: str | None) -> subprocess.CompletedProcess[str]:
    environment = service_environment(url or "")
    if url is None:
        del environment["DATABASE_URL"]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def new_key(url: str, *scopes: str, more: Sequence[str] = ()) -> str:
    given = [argument for scope in scopes for argument in ("--scope", scope)]
    done = run("stack", "keys", "create", *given, *more, url=url)
    assert done.returncode == 0, done.stderr
    assert KEY.fullmatch(done.stdout)
    return done.stdout.strip()


def id_of(key: str) -> str:
    return key.split("_")[1]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def execute(url: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode(), arguments)
        return cursor.fetchall() if cursor.description else []


def wait_until_known(url: str) -> None:
    """Wait as long as a change of the keys may take to be known, by the database's clock."""
    [[then]] = execute(url, "SELECT clock_timestamp() + make_interval(secs => %s)", FRESH_S)
    wait_until(lambda: bool(execute(url, "SELECT 1 WHERE clock_timestamp() > %s", then)), "time")


def test_without_keys_the_machine_itself_is_served(lone_url: str, open_api: RunningStack) -> None:
    assert open_api.request("GET", "/jobs").status_code == 200
    assert open_api.request("GET", "/jobs", headers=bearer("whatever")).status_code == 200
    port = open_api.client.base_url.port
    for host in (f"localhost:{port}", "LOCALHOST", "127.0.0.1", "[::1]"):
        assert open_api.request("GET", "/jobs", headers={"Host": host}).status_code == 200
        headers = {"Origin": f"http://{host}"}
        assert open_api.ingest_text("A text.", **headers).status_code == 202


@pytest.mark.parametrize("host", ["example.org", f"127.0.0.1.example.org:{80}", "192.0.2.1"])
def test_without_keys_no_page_of_others_reaches_it(open_api: RunningStack, host: str) -> None:
    """A name that was made to resolve to 127.0.0.1, and a form that is sent there."""
    rebound = open_api.request("GET", "/jobs", headers={"Host": host})
    assert_is_problem(rebound, 421)
    assert denied(open_api, rebound) == ("host_foreign", 421, None)
    [before] = open_api.request("GET", "/jobs?limit=1").json()["jobs"] or [None]
    forged = open_api.request(
        "POST", "/ingest", files={"file": ("f", b"x")}, headers={"Origin": f"https://{host}"}
    )
    assert_is_problem(forged, 403)
    assert denied(open_api, forged) == ("origin_foreign", 403, None)
    assert_is_problem(open_api.ingest_text("x", Origin="null"), 403)
    assert (open_api.request("GET", "/jobs?limit=1").json()["jobs"] or [None]) == [before]


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "", socket.gethostname(), "no such host"])
def test_without_a_usable_key_no_other_address_is_taken(lone_url: str, host: str) -> None:
    addresses = [] if " " in host else socket.getaddrinfo(host or EVERYWHERE, None)
    if addresses and all(str(address[0]).startswith("127.") for *_, address in addresses):
        host = EVERYWHERE  # this machine calls itself by its loopback address
    execute(
        lone_url,
        "INSERT INTO api_keys (key_id, secret_digest, scopes, expires_at, revoked_at) VALUES"
        " ('000000000001', sha256('x'), '{search}', now(), NULL),"
        " ('000000000002', sha256('x'), '{search}', NULL, now())",
    )
    refused = run("api", "--host", host, "--port", str(free_port()), url=lone_url)
    assert refused.returncode == 1
    assert refused.stdout == ""
    [sentence] = refused.stderr.splitlines()
    assert repr(host) in sentence
    assert ("keys create" in sentence) == (" " not in host)


@pytest.mark.parametrize(
    ("host", "address"),
    [("localhost", "localhost"), ("127.0.0.2", "127.0.0.2"), ("::1", "[::1]")],
)
def test_every_name_of_loopback_is_taken(
    lone_url: str, tmp_path: Path, host: str, address: str
) -> None:
    with running_api(lone_url, tmp_path, "--host", host, address=address) as api:
        assert api.request("GET", "/jobs").status_code == 200


def test_with_a_key_other_addresses_are_served_as_long_as_it_holds(
    lone_url: str, tmp_path: Path
) -> None:
    key = new_key(lone_url, "jobs:read")
    with running_api(lone_url, tmp_path, "--host", EVERYWHERE) as api:
        assert_is_problem(api.request("GET", "/jobs"), 401)
        assert api.request("GET", "/jobs", headers=bearer(key)).status_code == 200
        assert api.request("GET", "/jobs", headers={**bearer(key), "Host": "x"}).status_code == 200
        revoked = run("stack", "keys", "revoke", id_of(key), url=lone_url)
        assert "No usable key is left" in revoked.stderr
        wait_until_known(lone_url)
        for headers in ({}, bearer(key)):
            assert_is_problem(api.request("GET", "/jobs", headers=headers), 401)
        assert api.request("GET", "/health").status_code == 200


def test_the_first_key_closes_what_was_open(lone_url: str, open_api: RunningStack) -> None:
    assert open_api.request("GET", "/jobs").status_code == 200
    key = new_key(lone_url, "jobs:read")
    wait_until_known(lone_url)
    refused = open_api.request("GET", "/jobs")
    assert_is_problem(refused, 401)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="narralytica"'
    assert denied(open_api, refused) == ("key_missing", 401, None)
    assert open_api.request("GET", "/jobs", headers=bearer(key)).status_code == 200


def test_every_route_takes_its_own_scope_and_no_other(
    lone_url: str, open_api: RunningStack
) -> None:
    """The OpenAPI document says which; the routes agree."""
    document = open_api.request("GET", "/openapi.json").json()
    keys = {scope: new_key(lone_url, scope) for scope in SCOPES}
    wait_until_known(lone_url)
    [scheme] = document["components"]["securitySchemes"]
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 10
    needed_of_all = set()
    for method, template, operation in operations:
        path = re.sub(r"\{[a-z_]*id\}", str(uuid4()), template)
        if template == "/health":
            assert "security" not in operation
            assert open_api.request(method, path).status_code == 200
            continue
        required, optional = operation["security"]
        assert optional == {}
        [needed] = required[scheme]
        needed_of_all.add(needed)
        assert_is_problem(open_api.request(method, path), 401)
        for scope, key in keys.items():
            answer = open_api.request(method, path, headers=bearer(key))
            if scope == needed:
                assert answer.status_code not in (401, 403, 500), (method, path)
                continue
            assert_is_problem(answer, 403)
            assert (
                f'error="insufficient_scope", scope="{needed}"'
                in (answer.headers["WWW-Authenticate"])
            )
    assert needed_of_all == set(SCOPES)
    for page in ("/docs", "/openapi.json", "/nothing"):
        assert_is_problem(open_api.request("GET", page), 401)
        answer = open_api.request("GET", page, headers=bearer(keys["ingest"]))
        assert answer.status_code == (404 if page == "/nothing" else 200)


def test_what_is_no_usable_key_opens_nothing(lone_url: str, open_api: RunningStack) -> None:
    good = new_key(lone_url, "jobs:read")
    another = new_key(lone_url, "jobs:read")
    expired = new_key(lone_url, "jobs:read", more=["--expires", "1m"])
    revoked = new_key(lone_url, "jobs:read")
    assert run("stack", "keys", "revoke", id_of(revoked), url=lone_url).returncode == 0
    [[left]] = execute(
        lone_url,
        "SELECT extract(epoch FROM expires_at - created_at)::int FROM api_keys WHERE key_id = %s",
        id_of(expired),
    )
    assert left == 60
    execute(
        lone_url,
        "UPDATE api_keys SET expires_at = clock_timestamp() WHERE key_id = %s",
        id_of(expired),
    )
    wait_until_known(lone_url)
    _, key_id, secret = good.split("_")
    wrong = [
        f"nk_{key_id}_{another.split('_')[2]}",
        f"nk_{id_of(another)}_{secret}",
        good.upper(),
        good[:-1],
        f"{good}0",
        secret,
        expired,
        revoked,
    ]
    for text in wrong:
        refused = open_api.request("GET", "/jobs", headers=bearer(text))
        assert_is_problem(refused, 401)
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
        assert text not in refused.text
    assert open_api.request("GET", "/jobs", headers=bearer(good)).status_code == 200
    assert open_api.request("GET", "/jobs", auth=("any", good)).status_code == 401
    wait_until(lambda: _last_used(lone_url, good) == [True], "the day of the last use is noted")
    assert _last_used(lone_url, another) == [None]
    assert denied(open_api, refused) == ("key_invalid", 401, None)
    assert_nobody_wrote(open_api, lone_url, good, another, expired, revoked)


def denied(api: RunningStack, answer: httpx.Response) -> tuple[str, int, str | None]:
    """Why the request was refused, by the one event that tells it; the id is on the answer."""
    request_id = answer.headers["X-Request-Id"]
    own = [event for event in api.events() if event.correlation["request_id"] == request_id]
    [event] = [event for event in own if event.event_name == "narralytica.request.denied"]
    payload = event.payload
    return payload["reason"], payload["status_code"], payload.get("key_id")


def _last_used(url: str, key: str) -> list[bool | None]:
    rows = execute(
        url,
        "SELECT last_used_on >= (clock_timestamp() AT TIME ZONE 'UTC')::date - 1"
        " FROM api_keys WHERE key_id = %s",
        id_of(key),
    )
    return [used for (used,) in rows]


def assert_nobody_wrote(api: RunningStack, url: str, *keys: str) -> None:
    """Assert that no secret stands on any byte that the API wrote, or in its tables."""
    paths = [*api.folders.events.iterdir(), *api.folders.logs.iterdir()]
    written = b"".join(path.read_bytes() for path in paths)
    kept = repr(execute(url, "SELECT * FROM api_keys"))
    kept += repr(execute(url, "SELECT * FROM outbox"))
    assert written
    for key in keys:
        secret = key.split("_")[2]
        assert secret.encode() not in written
        assert secret not in kept
        assert id_of(key) in kept


def test_known_keys_hold_for_a_while_without_the_database_and_others_never(
    lone_url: str, tmp_path: Path
) -> None:
    key = new_key(lone_url, "jobs:read")
    with wire_to(lone_url) as wire, running_api(wire.url(lone_url), tmp_path) as api:
        assert api.request("GET", "/jobs", headers=bearer(key)).status_code == 200
        wire.away = True
        wire.cut()
        statuses: list[int] = []

        def unknown() -> bool:
            answer = api.request("GET", "/nothing", headers=bearer(key))
            statuses.append(answer.status_code)
            assert api.request("GET", "/nothing").status_code in (401, 503)
            return statuses[-1] == 503

        wait_until(unknown, "the keys are too old")
        assert statuses[0] == 404
        refused = api.request("GET", "/jobs", headers=bearer(key))
        assert_is_problem(refused, 503)
        assert int(refused.headers["Retry-After"]) > 0
        wire.away = False
        wait_until(
            lambda: api.request("GET", "/jobs", headers=bearer(key)).status_code == 200,
            "the keys are known again",
        )
        assert_is_problem(api.request("GET", "/jobs"), 401)


def test_who_asks_too_often_is_told_when_to_come_back(lone_url: str, tmp_path: Path) -> None:
    one, other = new_key(lone_url, "search", "jobs:read"), new_key(lone_url, "search")
    with running_api(lone_url, tmp_path, NARRALYTICA_SEARCH_RATE="3/hour") as api:
        query = {"params": {"q": "x", "mode": "lexical"}}
        answers = [api.request("GET", "/search", headers=bearer(one), **query) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"search";q=3;w=3600'}
        left = [re.fullmatch(r'"search";r=(\d);t=(\d+)', a.headers["RateLimit"]) for a in answers]
        assert [match and match[1] for match in left] == ["2", "1", "0", "0"]
        refused = answers[-1]
        assert_is_problem(refused, 429)
        assert 0 < int(refused.headers["Retry-After"]) <= 1200
        assert refused.headers["RateLimit"].endswith(f"t={refused.headers['Retry-After']}")
        assert denied(api, refused) == ("rate_exceeded", 429, id_of(one))
        assert api.request("GET", "/jobs", headers=bearer(one)).status_code == 200
        assert api.request("GET", "/search", headers=bearer(other), **query).status_code == 200
        # Who has no key spends nobody's rate.
        for _ in range(5):
            assert_is_problem(api.request("GET", "/search", **query), 401)
        assert api.request("GET", "/search", headers=bearer(other), **query).status_code == 200


def test_too_many_at_once_are_told_at_once(lone_url: str, tmp_path: Path) -> None:
    with running_api(lone_url, tmp_path, NARRALYTICA_INGEST_CONCURRENCY="1") as api:
        address = ("127.0.0.1", api.client.base_url.port)
        with socket.create_connection(address, timeout=60) as slow:
            body = b'{"text": "A text."}'
            head = f"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            media_type = "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"
            slow.sendall(f"{head}{media_type}".encode())
            assert slow.recv(1000).startswith(b"HTTP/1.1 100")  # its body is waited for
            refused = api.ingest_text("x")
            assert_is_problem(refused, 503)
            assert int(refused.headers["Retry-After"]) > 0
            assert api.request("GET", "/search", params={"q": "x"}).status_code == 200
            slow.sendall(body)
            assert slow.recv(1000).startswith(b"HTTP/1.1 202")
        assert api.ingest_text("x").status_code == 202
        failed = [event for event in api.events() if event.event_name.endswith("request.failed")]
        assert {event.payload["error_type"] for event in failed} == {"Overloaded"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("NARRALYTICA_SEARCH_RATE", "fast"), ("NARRALYTICA_INGEST_CONCURRENCY", "0")],
)
def test_a_wrong_limit_is_told_by_name(lone_url: str, name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        refused = run("api", "--port", str(free_port()), url=lone_url)
    assert refused.returncode == 2
    assert f"Error: {name} must be" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_refused_upload_is_not_read(lone_url: str, open_api: RunningStack) -> None:
    new_key(lone_url, "search")
    wait_until_known(lone_url)
    address = ("127.0.0.1", open_api.client.base_url.port)
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(
            b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000000\r\n"
            b"Content-Type: application/json\r\n\r\n{"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 401")


def test_keys_are_made_listed_and_revoked_where_up_has_its_database() -> None:
    folder = Path(tempfile.mkdtemp(prefix="narralytica-test-"))
    folder.chmod(0o711)
    data = ("keys", "--data-dir", str(folder / "data"))
    try:
        missing = run("stack", *data, "list", url=None)
        assert missing.returncode == 1
        assert missing.stderr.startswith(f"Error: there is no database in {folder / 'data'}")
        assert not (folder / "data").exists()
        with embedded_postgres(folder / "data"):
            create = ("create", "--scope", "search", "--scope", "ingest", "--label", "[b]ö")
            made = run("stack", *data, *create, "--expires", "90d", url=None)
            assert KEY.fullmatch(made.stdout), made.stderr
            key_id = id_of(made.stdout)
            assert key_id in made.stderr
        listed = run("stack", *data, "list", url=None)
        [_, line] = listed.stdout.splitlines()
        assert line.split()[:4] == [key_id, "ingest", "search", "usable"]
        assert line.split()[-2:] == ["never", "[b]ö"]
        for _ in range(2):
            assert run("stack", *data, "revoke", key_id, url=None).returncode == 0
        listed = run("stack", *data, "list", url=None)
        assert "revoked" in listed.stdout
        secret = made.stdout.strip().split("_")[2]
        assert secret not in listed.stdout
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("create",), "--scope"),
        (("create", "--scope", "all"), "jobs:write"),
        (("create", "--scope", "search", "--expires", "90"), "90d"),
        (("create", "--scope", "search", "--expires", "0d"), "90d"),
        (("create", "--scope", "search", "--label", "a\x1b[31m"), "printable"),
        (("create", "--scope", "search", "--label", "a" * 101), "100"),
        (("revoke", "0123456789ab"), "no key 0123456789ab"),
        (("revoke", f"nk_0123456789ab_{'5ec2e7' * 10}5ec2"), "12 hexadecimal digits"),
    ],
)
def test_the_command_says_what_is_wrong(
    lone_url: str, arguments: tuple[str, ...], complaint: str
) -> None:
    refused = run("stack", "keys", *arguments, url=lone_url)
    assert refused.returncode in (1, 2)
    assert complaint in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "5ec2e7" not in refused.stderr
    assert execute(lone_url, "SELECT count(*) FROM api_keys") == [(0,)]


def test_there_are_no_more_usable_keys_than_the_api_holds(lone_url: str) -> None:
    execute(
        lone_url,
        "INSERT INTO api_keys (key_id, secret_digest, scopes)"
        " SELECT lpad(to_hex(n), 12, '0'), sha256('x'), '{search}' FROM generate_series(1, 1000) n",
    )
    refused = run("stack", "keys", "create", "--scope", "search", url=lone_url)
    assert refused.returncode == 1
    assert "revoke some" in refused.stderr
    assert "1000" in refused.stderr
