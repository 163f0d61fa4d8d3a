"""Who may use the API: key texts, scopes, limits, and what is this machine."""

import asyncio
from string import hexdigits
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import observability as obs
from api.access.admission import admitted, caller_by_address
from api.access.key_ring import Keys
from api.access.limits import DEFAULTS, limits_from
from api.access.loopback import is_loopback, is_page_of_loopback, names_loopback
from api.access.refusal import MOST_TOLD, Refusals, Refused
from api.access.scopes import RULES, needed_scope, rule_of
from api.access.token_buckets import MOST_CALLERS, Rate, TokenBuckets
from api.settings import InvalidSetting
from observability.testing import capture
from store.api_keys import UsableKey
from store.key_text import is_key_id, new_key_text, parse_key

SECOND = 1_000_000_000
KEY = new_key_text()


@given(st.text() | st.from_regex(r"nk_[0-9a-f]{12}_[0-9a-f]{64}\s?"))
@example(f"{KEY.text()}\n")
@example(KEY.text().upper())
def test_only_the_text_of_a_key_is_one(text: str) -> None:
    key = parse_key(text)
    if key is None:
        return
    assert key.text() == text
    assert is_key_id(key.key_id)
    assert set(key.secret) <= set(hexdigits.lower())
    assert len(key.secret) * 4 == 256


@given(st.integers(0, len(KEY.text()) - 1), st.characters(exclude_categories=["Cs"]))
def test_no_changed_key_opens_anything(place: int, sign: str) -> None:
    text = KEY.text()
    assume(text[place] != sign)
    assert keys_of("search").find(text[:place] + sign + text[place + 1 :]) is None


def test_a_key_opens_by_its_whole_text() -> None:
    keys = keys_of("search")
    found = keys.find(KEY.text())
    assert found is not None
    assert found.key_id == KEY.key_id
    for spoilt in (KEY.text()[:-1], f"{KEY.text()}0", KEY.secret, KEY.key_id, "", "nk__"):
        assert keys.find(spoilt) is None
    assert keys.find(new_key_text().text()) is None


def test_a_key_shows_its_secret_in_no_repr() -> None:
    assert KEY.secret not in repr(KEY)
    assert KEY.key_id in repr(KEY)
    assert len({new_key_text().text() for _ in range(100)}) == 100


def keys_of(*scopes: Any) -> Keys:
    usable = UsableKey(
        key_id=KEY.key_id, secret_digest=KEY.digest(), scopes=frozenset(scopes), used_today=True
    )
    return Keys(required=True, usable={KEY.key_id: usable})


class Ring:
    """A key ring that knows one thing for good."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def keys(self) -> Keys:
        return self._keys

    async def note(self, key: UsableKey) -> None:
        pass


NO_KEYS = Keys(required=False, usable={})


def asked(
    keys: Keys,
    *headers: tuple[str, str],
    path: str = "/search",
    method: str = "GET",
    server: object = ("127.0.0.1", 8000),
) -> str | int:
    """Who asks, or the status that it is refused with."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("192.0.2.7", 40000),
        "server": server,
    }
    ring: Any = Ring(keys)
    try:
        return asyncio.run(admitted(scope, ring, rule_of(path))).name
    except Refused as refused:
        return refused.status


@pytest.mark.parametrize(
    "server", [("192.0.2.2", 8000), ("::", 8000), ("/run/api.sock", None), None]
)
def test_without_keys_no_other_address_is_served(server: object) -> None:
    local = ("Host", "localhost:8000")
    assert asked(NO_KEYS, local, server=server) == 401
    assert asked(keys_of("search"), local, server=server) == 401
    bearer = ("Authorization", f"Bearer {KEY.text()}")
    assert asked(keys_of("search"), bearer, server=server) == KEY.key_id


@pytest.mark.parametrize("server", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_without_keys_this_machine_is_served(server: str) -> None:
    assert asked(NO_KEYS, ("Host", "localhost"), server=(server, 8000)) == "192.0.2.7"


def test_a_key_whose_last_companion_was_revoked_opens_nothing() -> None:
    closed = Keys(required=True, usable={})
    bearer = ("Authorization", f"Bearer {KEY.text()}")
    assert asked(closed, ("Host", "localhost")) == 401
    assert asked(closed, ("Host", "localhost"), bearer) == 401


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (f"Bearer {KEY.text()}", None),
        (f"bearer  {KEY.text()} ", None),
        (f"Basic {KEY.text()}", 401),
        (f"Bearer{KEY.text()}", 401),
        (f"Bearer {KEY.text()}, Bearer {KEY.text()}", 401),
        (f"Bearer {KEY.text()}\xe9", 401),
        (KEY.text(), 401),
        ("Bearer", 401),
        ("", 401),
    ],
)
def test_credentials_are_one_bearer_token(value: str, status: int | None) -> None:
    answer = asked(keys_of("search"), ("Authorization", value))
    assert answer == (status or KEY.key_id)


def test_two_headers_authorization_are_none() -> None:
    bearer = ("Authorization", f"Bearer {KEY.text()}")
    assert asked(keys_of("search"), bearer, bearer) == 401


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("end", ["", "/", "/x", "\n", "\x00", "%", "//", "x"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "get", "BREW"])
def test_no_end_of_a_path_gets_around_its_scope(rule: Any, end: str, method: str) -> None:
    others = {other for each in RULES for other in (each.reading, each.changing)}
    others -= {needed_scope(rule, method)}
    bearer = ("Authorization", f"Bearer {KEY.text()}")
    path = rule.beginning + end
    assert asked(keys_of(*others), bearer, path=path, method=method) == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8000", "127.9.9.9", "[::1]:65535"]
)
def test_names_of_this_machine(host: str) -> None:
    assert names_loopback(host)
    assert is_page_of_loopback(f"http://{host}")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "localhost@example.org",
        "example.org#localhost",
        "example.org/localhost",
        "localhost/../x",
        "user@localhost",
        "0.0.0.0",  # noqa: S104
        "[::]",
        "[::1",
        "::1",
        "localhost:x",
        "127.1",
        "2130706433",
        "localhost, example.org",
        "192.168.0.1",
    ],
)
def test_names_of_somebody_else(host: str) -> None:
    assert not names_loopback(host)
    assert not is_page_of_loopback(f"http://{host}")


@pytest.mark.parametrize("origin", ["null", "", "file://localhost", "localhost", "://localhost"])
def test_pages_of_nobody(origin: str) -> None:
    assert not is_page_of_loopback(origin)


@given(st.text(max_size=40))
def test_any_text_is_a_name_of_this_machine_or_not(text: str) -> None:
    assert names_loopback(text) in (True, False)
    assert is_loopback(text) in (True, False)


@given(st.ip_addresses())
def test_loopback_is_what_the_registries_say(address: Any) -> None:
    assert is_loopback(str(address)) == str(address).startswith("127.") or address.version == 6


@pytest.mark.parametrize(
    ("client", "caller"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("no address", 1), "unknown"),
        (None, "unknown"),
    ],
)
def test_callers_are_told_apart_by_address(client: object, caller: str) -> None:
    assert caller_by_address({"client": client}).name == caller


class Clock:
    """A clock that tests move on."""

    def __init__(self) -> None:
        self.now_ns = 5 * SECOND

    def __call__(self) -> int:
        return self.now_ns


@given(
    rate=st.builds(Rate, requests=st.integers(1, 50), seconds=st.sampled_from([1, 60, 3600])),
    pauses_ns=st.lists(st.integers(0, 4 * SECOND), max_size=150),
)
def test_nobody_gets_more_than_the_rate(rate: Rate, pauses_ns: list[int]) -> None:
    clock = Clock()
    buckets = TokenBuckets(rate, clock)
    token_ns = rate.seconds * SECOND // rate.requests
    allowed_ns: list[int] = []
    for pause_ns in pauses_ns:
        clock.now_ns += pause_ns
        taken = buckets.take("caller")
        assert 0 <= taken.remaining < rate.requests
        assert 0 < taken.reset_s <= rate.seconds
        if taken.allowed:
            allowed_ns.append(clock.now_ns)
        else:
            before = clock.now_ns
            # Who comes back as told is served, if the clock is that of the test alone.
            other = TokenBuckets(rate, clock)
            other._full_at_ns.update(buckets._full_at_ns)  # noqa: SLF001
            clock.now_ns += taken.reset_s * SECOND
            assert other.take("caller").allowed
            clock.now_ns = before
    for first, begin_ns in enumerate(allowed_ns):
        for count, end_ns in enumerate(allowed_ns[first:], start=1):
            assert count <= rate.requests + (end_ns - begin_ns) // token_ns


@given(st.integers(1, 40))
def test_a_full_bucket_serves_the_whole_rate_at_once(requests: int) -> None:
    buckets = TokenBuckets(Rate(requests=requests, seconds=60), Clock())
    remaining = [buckets.take("caller").remaining for _ in range(requests)]
    assert remaining == list(reversed(range(requests)))
    assert not buckets.take("caller").allowed
    assert buckets.take("another").allowed


def test_any_number_of_callers_takes_the_same_room() -> None:
    buckets = TokenBuckets(Rate(requests=1, seconds=3600), Clock())
    for number in range(3 * MOST_CALLERS):
        assert buckets.take(f"caller {number}").allowed
    assert len(buckets._full_at_ns) == MOST_CALLERS  # noqa: SLF001
    assert not buckets.take(f"caller {3 * MOST_CALLERS - 1}").allowed


def test_a_flood_of_refusals_is_no_flood_of_events() -> None:
    clock = Clock()
    refusals = Refusals(TokenBuckets(MOST_TOLD, clock))
    request = obs.current_context().with_request_id(obs.new_uuid())
    with capture(service_name="api") as captured, obs.use_context(request):
        for _ in range(MOST_TOLD.requests + 50):
            refusals.tell(Refused("key_missing", 401, "any"), {"method": "BREW"})
        refusals.tell(Refused("rate_exceeded", 429, "any", key_id=KEY.key_id), {"method": "GET"})
        clock.now_ns += SECOND
        refusals.tell(Refused("key_missing", 401, "any"), {"method": "GET"})
        refusals.tell(Refused("key_missing", 401, "any"), {"method": "GET"})
        *flood, another, after, last = [each["payload"] for each in captured.envelopes()]
    plain = {"method": "_OTHER", "status_code": 401, "reason": "key_missing"}
    assert flood == MOST_TOLD.requests * [plain]
    assert another == {
        "method": "GET",
        "status_code": 429,
        "reason": "rate_exceeded",
        "key_id": KEY.key_id,
    }
    assert after == {**plain, "method": "GET", "suppressed_count": 50}
    assert last == {**plain, "method": "GET"}


def test_limits_come_from_the_environment() -> None:
    assert limits_from({}) == dict(DEFAULTS)
    limits = limits_from(
        {
            "NARRALYTICA_SEARCH_RATE": "7/hour",
            "NARRALYTICA_INGEST_CONCURRENCY": "2",
            "NARRALYTICA_OTHER_RATE": "",
        }
    )
    assert limits["search"].rate == Rate(requests=7, seconds=3600)
    assert limits["search"].concurrency == DEFAULTS["search"].concurrency
    assert limits["ingest"].rate == DEFAULTS["ingest"].rate
    assert limits["ingest"].concurrency == 2
    assert limits["other"] == DEFAULTS["other"]


@given(
    st.sampled_from(["SEARCH_RATE", "INGEST_RATE", "OTHER_RATE", "SEARCH_CONCURRENCY"]),
    st.text(min_size=1) | st.integers().map(str) | st.from_regex(r"\d+/[a-z]+"),
)
@example("SEARCH_RATE", "0/second")
@example("SEARCH_RATE", "1/day")
@example("SEARCH_RATE", "١/second")
@example("SEARCH_CONCURRENCY", "0")
@example("SEARCH_CONCURRENCY", "-1")
def test_a_limit_is_taken_or_refused_by_name(name: str, value: str) -> None:
    number, _, unit = value.partition("/")
    usable = number.isascii() and number.isdecimal() and 0 < len(number.lstrip("0")) == len(number)
    usable = usable and len(number) <= (9 if name.endswith("RATE") else 6)
    if name.endswith("RATE"):
        usable = usable and unit in ("second", "minute", "hour")
    else:
        usable = usable and "/" not in value
    if usable:
        limits = limits_from({f"NARRALYTICA_{name}": value})
        assert int(number) in {
            told for limit in limits.values() for told in (limit.rate.requests, limit.concurrency)
        }
    else:
        with pytest.raises(InvalidSetting, match=rf"^NARRALYTICA_{name} must be [^\n]*$"):
            limits_from({f"NARRALYTICA_{name}": value})
