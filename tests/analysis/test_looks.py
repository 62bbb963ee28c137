from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis.looks import hides_use, is_by_heads, judge_looks, tell_looks
from tests.analysis.asking import looks, row, table

if TYPE_CHECKING:
    from auditor.documents.ladder import Rung

NOTHING = table()


def by_heads(
    low: float, high: float, *, own: float = 2.0, limit: float = 1.5, mass: float = 0.3, region: str = "face"
) -> list[dict[str, Any]]:
    """What an aligned region leaves: no enrichment, and a ratio to random heads."""
    keys: dict[str, Any] = {"region": region, "target": "predicted"}
    return [
        row("enrichment", np.nan, **keys),
        row("enrichment_over_heads", (low + high) / 2, low, high, unit="ratio", **keys),
        row("random_heads_mass", mass, mass - 0.1, mass + 0.1, unit="share", **keys),
        row("enrichment_probed", own, unit="ratio", **keys),
        row("enrichment_random_heads", 1.0, 0.5, limit, unit="ratio", **keys),
    ]


def judge(*rows: dict[str, Any]) -> Rung:
    return judge_looks(table(*rows), "face", withheld=None)


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (1.6, 3.0, "found"),
        (1.1, 1.4, "ruled out"),
        (0.1, 0.9, "ruled out"),
        (1.3, 1.7, "not enough evidence"),
        (np.nan, np.nan, "not evaluated"),
    ],
)
def test_looks_are_a_matter_of_the_enrichment(low: float, high: float, answer: str) -> None:
    estimates = table(looks("face", 1.5, low, high), looks("hair", 9.0, 8.0, 10.0))
    assert judge_looks(estimates, "face", withheld=None).answer == answer
    rung = judge_looks(estimates, "face", withheld="maps are not faithful")
    assert (rung.answer, rung.sentence) == ("withheld", "Withheld: maps are not faithful")
    assert len(rung.estimates) == 1
    assert judge_looks(NOTHING, "face", withheld=None).answer == "not evaluated"


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [(1.6, 3.0, "found"), (0.8, 1.4, "ruled out"), (1.3, 1.7, "not enough evidence")],
)
def test_an_aligned_region_is_set_against_random_heads_and_says_so(low: float, high: float, answer: str) -> None:
    rung = judge(*by_heads(low, high))
    assert rung.answer == answer
    assert is_by_heads(rung)
    assert rung.sentence.startswith(
        "face lies in the same place in every image, so that no area beside it can be compared; the same network with "
        "random heads stands in. On the same images the map"
    )
    assert "of where the map lies it says nothing" in rung.sentence
    assert [estimate.statistic for estimate in rung.estimates] == ["enrichment_over_heads", "random_heads_mass"]


def test_what_single_random_heads_reach_does_not_count() -> None:
    rung = judge(*by_heads(1.6, 3.0, own=1.4, limit=1.5))
    assert rung.answer == "not enough evidence"
    assert rung.sentence.endswith("Some random heads put as much there, so this does not count.")
    without = [one for one in by_heads(1.6, 3.0) if one["statistic"] != "enrichment_random_heads"]
    assert judge(*without).answer == "not enough evidence"


def test_what_could_not_be_found_is_not_ruled_out() -> None:
    """Half as much again as two thirds of a map is all of it."""
    assert judge(*by_heads(0.9, 1.2, mass=0.66)).answer == "ruled out"
    rung = judge(*by_heads(0.9, 1.2, mass=0.68))
    assert rung.answer == "not evaluated"
    assert "already have 68 % of their mass there" in rung.sentence
    few = judge(*by_heads(np.nan, np.nan))
    assert few.answer == "not evaluated"
    assert "Too few images were tried" in few.sentence


def test_areas_of_the_same_picture_come_before_random_heads() -> None:
    rung = judge(looks("face", 1.8, 1.6, 2.0), *by_heads(0.8, 1.2)[1:])
    assert (rung.answer, is_by_heads(rung)) == ("found", False)


def test_random_heads_never_say_that_a_map_hides_its_use() -> None:
    assert hides_use(judge(looks("face", 1.0, 0.9, 1.1)))
    assert not hides_use(judge(looks("face", 2.0, 1.9, 2.1)))
    for low, high in ((0.8, 1.4), (1.3, 1.7), (1.6, 3.0)):
        assert not hides_use(judge(*by_heads(low, high)))


def test_a_headline_claims_no_more_than_was_compared() -> None:
    assert tell_looks(judge(*by_heads(1.6, 3.0)), "face").startswith(
        "The map favours face more than with a random head."
    )
    assert tell_looks(judge(looks("face", 2.0, 1.9, 2.1)), "face").startswith("The model looks at face.")


def test_withheld_keeps_the_numbers_of_the_comparison_that_was_made() -> None:
    rung = judge_looks(table(*by_heads(1.6, 3.0)), "face", withheld="maps are not faithful")
    assert (rung.answer, len(rung.estimates)) == ("withheld", 1)
    assert is_by_heads(rung)
