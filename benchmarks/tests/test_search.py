import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.search.__main__ import main
from benchmarks.search.filters import filters
from benchmarks.search.fusion import Scored, first, judge, reciprocal_rank, weighted
from benchmarks.search.judged import JudgedQuery, judged_set, quality


def test_the_command_judges_the_answers_and_times_searches(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "search.json"
    small = ("--passages=250", "--searches=4", "--filtered=2")

    ended = CliRunner().invoke(main, [f"--json={path}", *small])

    assert ended.exit_code == 0, ended.output
    # The ranking is the same each time, so this is no question of luck.
    assert "hybrid at least as good as the better of the others: met" in ended.output
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["built"]["passages"] == 250
    assert set(told["built"]["index_s"]) >= {
        "passages_lexemes_labels",
        "passage_embeddings_embedding",
    }
    assert {timed["mode"] for timed in told["searches"]} == {"lexical", "vector", "hybrid"}
    for timed in told["searches"]:
        assert len(timed["api_ms"]) == (4 if timed["filter"] == "none" else 2)
        assert all(
            api >= own for api, own in zip(timed["api_ms"], timed["backend_ms"], strict=True)
        )
    assert {timed["filter"] for timed in told["searches"]} == set(filters(["any"]))


def test_the_judged_set_has_many_queries_of_each_kind_and_names_passages_alone() -> None:
    judged = judged_set()
    kinds = [query.kind for query in judged.queries]

    assert len(judged.passages) >= 100
    assert all(kinds.count(kind) >= 20 for kind in set(kinds))
    assert set(kinds) == {"words", "paraphrase", "names", "spelling", "mixed"}
    assert len({query.query for query in judged.queries}) == len(judged.queries)
    for query in judged.queries:
        assert query.relevant, query
        assert query.relevant.keys() <= judged.passages.keys(), query
        assert set(query.relevant.values()) <= {1, 2}, query


QUERY = JudgedQuery(query="any", kind="words", relevant={"best": 2, "good": 1})


@pytest.mark.parametrize(
    ("found", "recall", "ndcg"),
    [
        (["best", "good"], 1, 1),
        (["best", "good", "other"], 1, 1),
        ([], 0, 0),
        (["other"] * 10 + ["best", "good"], 0, 0),
        (["best"], 0.5, 3 / (3 + 1 / 1.584962500721156)),
        (["good", "best"], 1, (1 + 3 / 1.584962500721156) / (3 + 1 / 1.584962500721156)),
    ],
)
def test_quality_is_what_its_names_say(found: list[str], recall: float, ndcg: float) -> None:
    judged = quality([QUERY], [found])

    assert judged.recall == recall
    assert judged.ndcg == pytest.approx(ndcg)


def test_rankings_are_fused() -> None:
    scored = Scored(
        query=QUERY,
        by_words={"good": 0.6, "best": 0.3},
        by_meaning={"best": 0.5, "other": 0.45, "good": 0.4},
    )

    assert first(weighted(0.0, 1.0), scored) == ["best", "other", "good"]
    assert first(weighted(0.6, 1.0), scored) == ["good", "best", "other"]
    assert first(reciprocal_rank, scored)[0] == "best"
    assert judge(reciprocal_rank, [scored]).recall == 1
