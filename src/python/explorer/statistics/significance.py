"""How likely a difference is by chance alone (two-sided p values)."""

from math import erfc, exp, lgamma, sqrt

#: Below this many measurements on a side, the approximation of `mann_whitney` says little.
FEWEST = 8


def mann_whitney(count_a: int, count_b: int, rank_sum_a: float, tie_term: float) -> float:
    """Return how likely two samples of one distribution have ranks that differ as these do.

    Ranks count from 1 among both samples, ties have their average; `tie_term` is the sum of
    t³ - t over the groups of t equal values. Normal approximation with continuity correction.
    """
    both = count_a + count_b
    larger = rank_sum_a - count_a * (count_a + 1) / 2
    distance = abs(larger - count_a * count_b / 2) - 0.5
    variance = count_a * count_b / 12 * (both + 1 - tie_term / (both * (both - 1)))
    if variance <= 0 or distance <= 0:
        return 1.0
    return erfc(distance / sqrt(2 * variance))


def fisher(hits_a: int, count_a: int, hits_b: int, count_b: int) -> float:
    """Return how likely two samples of one rate differ in their hits as much (exact test)."""
    hits, both = hits_a + hits_b, count_a + count_b
    scale = _log_choose(both, hits)

    def log_likelihood(in_a: int) -> float:
        return _log_choose(count_a, in_a) + _log_choose(count_b, hits - in_a) - scale

    seen = log_likelihood(hits_a) + 1e-7
    told = map(log_likelihood, range(max(0, hits - count_b), min(hits, count_a) + 1))
    return min(1.0, sum(exp(each) for each in told if each <= seen))


def _log_choose(total: int, chosen: int) -> float:
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
