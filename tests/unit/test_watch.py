"""What no longer changes is noticed after its time, whatever the wall clocks say."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from store.watch import Watch

FOR_S = 10.0

# How long after the one before each look is, and what it sees of two workers.
VALUES = st.dictionaries(st.sampled_from("ab"), st.integers(0, 2))
LOOKS = st.lists(st.tuples(st.floats(0, 12), VALUES), max_size=30)


@given(LOOKS)
def test_a_value_is_unchanged_once_every_look_of_the_time_saw_it(
    looks: Sequence[tuple[float, dict[str, int]]],
) -> None:
    now_s = 0.0
    watch = Watch[str](lambda: now_s)
    seen: list[tuple[float, dict[str, int]]] = []
    for passed_s, values in looks:
        now_s += passed_s
        seen.append((now_s, values))
        assert set(watch.unchanged(values, for_s=FOR_S)) == {
            key for key in values if now_s - _same_since(seen, key) >= FOR_S
        }


def _same_since(seen: Sequence[tuple[float, dict[str, int]]], key: str) -> float:
    """Go back from the last look to the first of those that saw the same value."""
    since_s, value = seen[-1][0], seen[-1][1][key]
    for at_s, values in reversed(seen):
        if values.get(key) != value:
            break
        since_s = at_s
    return since_s
