"""DATABASE_URL as services use it: everything that it says stays, and no silence is endless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from store.database import InvalidDatabaseUrl, database_url

LIMITS = (
    "connect_timeout",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "options",
)


def _used(url: str) -> dict[str, object]:
    return dict(conninfo_to_dict(database_url({"DATABASE_URL": url})))


@given(
    address=st.sampled_from(
        [
            "postgresql://",
            "postgresql:///db",
            "postgresql://host/db",
            "postgresql://me:a%3Fb%26c@[::1]:5433/db",
            "postgresql://me@one:1,two:2/db",
        ]
    ),
    said=st.dictionaries(
        st.sampled_from([*LIMITS, "sslmode", "application_name"]), st.just("1"), max_size=8
    ),
)
def test_what_the_url_says_stays_and_the_limits_are_added(
    address: str, said: dict[str, str]
) -> None:
    query = "&".join(f"{name}={value}" for name, value in said.items())
    url = f"{address}?{query}" if query else address
    used = _used(url)
    assert {name: used[name] for name in conninfo_to_dict(url)} == conninfo_to_dict(url)
    assert set(LIMITS) <= set(used)


def test_the_server_gives_up_a_silent_client_as_well() -> None:
    options = str(_used("postgresql://host/db")["options"])
    for name in ("tcp_keepalives_idle", "tcp_user_timeout", "idle_in_transaction_session_timeout"):
        assert f"-c {name}=" in options


def test_limits_can_be_given_up() -> None:
    used = _used("postgresql://host/db?options=&tcp_user_timeout=0")
    assert (used["options"], used["tcp_user_timeout"]) == ("", "0")


def test_without_a_url_the_message_says_what_to_give() -> None:
    with pytest.raises(InvalidDatabaseUrl, match="postgresql://"):
        database_url({})


@pytest.mark.parametrize(
    "url",
    [
        "geheim",
        "host=geheim dbname=x",
        "mysql://user:geheim@host/x",
        "postgresql://user:geheim@[host/x",
        "postgresql://user:ge heim@host/x",
        "postgresql://user:geheim@host/x?application_name=%zz",
        "postgresql://user:geheim@host/x?nonsense=geheim",
    ],
)
def test_what_is_no_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl, match=r"cannot be read.*postgresql://") as refused:
        database_url({"DATABASE_URL": url})
    assert "geheim" not in str(refused.value)
