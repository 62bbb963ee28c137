"""Selection rates and impact ratios: against plain re-implementations, an oracle, and published arithmetic."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from scipy.stats import fisher_exact, norm

from auditor.analysis.statistics import selection
from auditor.analysis.statistics.base import Evidence, Settings
from auditor.analysis.statistics.selection import CROSS, equal_rates_p, flip_one, measure_selection
from auditor.records import READ

if TYPE_CHECKING:
    from auditor.analysis.statistics.cells import Row

COUNTS = {
    ("man", "young"): (60, 45),
    ("man", "old"): (50, 20),
    ("woman", "young"): (70, 28),
    ("woman", "old"): (40, 22),
}


def evidence(counts: dict[tuple[str, str], tuple[int, int]] = COUNTS, *, per: int = 1, **changes: Any) -> Evidence:
    """Images of groups: so many, of which so many are answered yes; `per` of them make one cluster."""
    rows = [
        {"gender": gender, "age": age, "predicted": "yes" if k < hits else "no"}
        for (gender, age), (n, hits) in counts.items()
        for k in range(n)
    ]
    table = pd.DataFrame(rows)
    names = [f"{k:05}" for k in range(len(table))]
    table = table.assign(
        image_id=names, label="yes", status=READ, group_id=[str(k // per) for k in range(len(table))], score=0.9
    )
    nothing = pd.DataFrame({"image_id": [], "target": [], "region": [], "area": []})
    settings = Settings(
        classes=("no", "yes"), attributes=("gender", "age"), regions=(), frame=(8, 8), grid=(2, 2), draws=300, **changes
    )
    return Evidence(images=table, attention=nothing, regions=nothing, settings=settings)


def find(rows: list[Row], statistic: str, subgroup: str, attribute: str = "gender") -> Row:
    (row,) = (r for r in rows if (r.statistic, r.attribute, r.subgroup) == (statistic, attribute, subgroup))
    return row


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return measure_selection(evidence(), "yes")


def test_rates_and_ratios_are_the_plain_counts(rows: list[Row]) -> None:
    for attribute, place in (("gender", 0), ("age", 1)):
        rates = {}
        for value in {key[place] for key in COUNTS}:
            n = sum(count for key, (count, _) in COUNTS.items() if key[place] == value)
            hits = sum(hit for key, (_, hit) in COUNTS.items() if key[place] == value)
            rates[value] = hits / n
            found = find(rows, "selection_rate", value, attribute)
            assert (found.n, found.estimate) == (n, pytest.approx(hits / n))
            assert find(rows, "group_share", value, attribute).estimate == pytest.approx(n / 220)
        best = max(rates, key=rates.__getitem__)
        for value in rates.keys() - {best}:
            assert find(rows, "impact_ratio", value, attribute).estimate == pytest.approx(rates[value] / rates[best])
        assert not [r for r in rows if (r.statistic, r.attribute, r.subgroup) == ("impact_ratio", attribute, best)]


def test_intersections_are_those_that_occur(rows: list[Row]) -> None:
    crossed = {
        r.subgroup: r.estimate for r in rows if r.attribute == f"gender{CROSS}age" and r.statistic == "impact_ratio"
    }
    assert crossed == {
        f"man{CROSS}old": pytest.approx((20 / 50) / (45 / 60)),
        f"woman{CROSS}young": pytest.approx((28 / 70) / (45 / 60)),
        f"woman{CROSS}old": pytest.approx((22 / 40) / (45 / 60)),
    }


def test_rates_agree_with_fairlearn(rows: list[Row]) -> None:
    read = evidence().read
    yes = (read["predicted"] == "yes").to_numpy(int)
    frame = MetricFrame(metrics=selection_rate, y_true=yes, y_pred=yes, sensitive_features=read[["gender", "age"]])
    for (gender, age), rate in frame.by_group.items():
        assert find(rows, "selection_rate", f"{gender}{CROSS}{age}", f"gender{CROSS}age").estimate == pytest.approx(
            rate
        )
    lowest = min(r.estimate for r in rows if r.statistic == "impact_ratio" and r.attribute == f"gender{CROSS}age")
    assert frame.ratio(method="between_groups") == pytest.approx(lowest)


def test_p_is_fishers_and_the_interval_holds_the_ratio(rows: list[Row]) -> None:
    found = find(rows, "impact_ratio", "woman")
    assert found.p_value == pytest.approx(fisher_exact(np.array([[50, 60], [65, 45]])).pvalue)
    assert found.ci_low < found.estimate < found.ci_high
    log = np.log(found.estimate)
    spread = 1.96 * (1 / 50 - 1 / 110 + 1 / 65 - 1 / 110) ** 0.5
    assert found.ci_low == pytest.approx(np.exp(log - spread), abs=0.05)
    assert found.ci_high == pytest.approx(np.exp(log + spread), abs=0.05)
    assert "not corrected for the choice of the highest" in found.method


def test_what_is_not_recorded_is_counted_and_compared_with_nobody() -> None:
    rows = measure_selection(evidence({**COUNTS, ("", "young"): (30, 30)}), "yes")
    unknown = find(rows, "selection_rate", "")
    assert (unknown.n, unknown.estimate) == (30, 1.0)
    assert not [r for r in rows if r.statistic != "selection_rate" and r.attribute == "gender" and r.subgroup == ""]
    assert find(rows, "selection_rate", "", f"gender{CROSS}age").n == 30
    assert find(rows, "impact_ratio", "woman").estimate == pytest.approx((50 / 110) / (65 / 110))


def test_a_group_below_two_percent_is_shown_and_never_the_one_compared_with() -> None:
    rows = measure_selection(evidence({**COUNTS, ("other", "young"): (3, 3)}), "yes")
    assert find(rows, "selection_rate", "other").estimate == 1
    assert find(rows, "group_share", "other").estimate < 0.02
    assert find(rows, "impact_ratio", "other").estimate == pytest.approx(1 / (65 / 110))
    assert not [r for r in rows if (r.statistic, r.attribute, r.subgroup) == ("impact_ratio", "gender", "man")]


def test_nobody_selected_and_one_group_give_no_ratio() -> None:
    none = measure_selection(evidence({key: (n, 0) for key, (n, _) in COUNTS.items()}), "yes")
    assert {r.statistic for r in none} == {"selection_rate", "group_share"}
    alone = measure_selection(evidence({("man", "old"): (20, 5)}), "yes")
    assert {r.statistic for r in alone} == {"selection_rate", "group_share"}


def plain_z(hits: np.ndarray, member: np.ndarray, clusters: np.ndarray) -> float:
    """Difference of two rates over the root of its variance over clusters, both at the common rate."""
    n = member.sum(axis=0)
    common = hits.sum() / n.sum()
    total = variance = 0.0
    for c in sorted(set(clusters.tolist())):
        mine = clusters == c
        part = sum(
            sign * sum(hits[i, g] - common for i in np.flatnonzero(mine) if member[i, g]) / n[g]
            for g, sign in ((0, 1), (1, -1))
        )
        total, variance = total + part, variance + part**2
    return float(2 * norm.sf(abs(total) / variance**0.5))


def test_the_z_test_against_the_formula_written_out() -> None:
    generator = np.random.default_rng(0)
    member = np.eye(3, dtype=bool)[generator.integers(0, 3, 90)][:, :2]
    hits = member & (generator.random(90) < 0.4)[:, None]
    clusters = generator.integers(0, 25, 90)
    assert equal_rates_p(hits, member, clusters=clusters) == pytest.approx(plain_z(hits, member, clusters))


def test_the_z_test_keeps_its_level_where_images_repeat() -> None:
    generator = np.random.default_rng(1)
    p = []
    for _ in range(400):
        chance, group = generator.beta(2, 2, 60), generator.integers(0, 2, 60)
        each = np.repeat(np.arange(60), 5)
        member = group[each][:, None] == np.arange(2)
        p.append(equal_rates_p(member & (generator.random(300) < chance[each])[:, None], member, clusters=each))
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 2 * (0.05 * 0.95 / 400) ** 0.5


def test_repeated_images_are_tested_by_clusters() -> None:
    found = find(measure_selection(evidence(per=2), "yes"), "impact_ratio", "woman")
    assert "z-test on cluster-robust variance" in found.method


def test_the_z_test_says_nothing_where_nothing_varies() -> None:
    member = np.repeat(np.eye(2, dtype=bool), 4, axis=0)
    assert np.isnan(equal_rates_p(member, member, clusters=np.arange(8)))
    assert np.isnan(equal_rates_p(member[:4], member[:4], clusters=np.arange(4)))


def test_flip_one_against_trying_it() -> None:
    for a, b in product(range(1, 12), range(4, 12)):
        n = np.array([12, 12])
        ratio, found = a / b, flip_one(np.array([a, b]), n, best=1)[0]
        step = 1 if ratio < selection.FOUR_FIFTHS else -1
        expected = (a + step) / (b - step)
        assert found == pytest.approx(expected)


def test_flip_one_leaves_counts_possible() -> None:
    assert np.isnan(flip_one(np.array([0, 1]), np.array([5, 5]), best=1)[0])
    assert flip_one(np.array([5, 5]), np.array([5, 5]), best=1)[0] == pytest.approx(0.8)
