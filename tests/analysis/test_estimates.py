from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.estimates import estimate
from auditor.analysis.statistics import STATISTICS
from auditor.analysis.statistics.base import Evidence
from auditor.records import images_schema, read_tables, write_table

if TYPE_CHECKING:
    from pathlib import Path
    from types import SimpleNamespace

NAMED = {
    "accuracy", "accuracy_gap", "confusion", "empty_maps", "mass", "area", "attention_iou", "pointing", "borrowed_mass",
    "enrichment", "cramers_v", "attribute_only_accuracy", "majority_accuracy", "odds_ratio", "conflict_error_gap",
}  # fmt: skip
OF_REGIONS_OR_ATTRIBUTES = re.compile(
    "_gap|_v$|mass|area|attention|pointing|enrichment|attribute|conflict|group|spread|share|odds|lift|information|"
    "region|presence"
)
COLUMNS = (
    "statistic,target,region,fill,label,predicted,attribute,subgroup,outcome,"
    "estimate,ci_low,ci_high,n,clusters,p_value,unit,method"
)


def with_tables(evidence: Evidence, **tables: pd.DataFrame) -> Evidence:
    facts = {name: getattr(evidence, name) for name in ("images", "attention", "regions", "settings")}
    return Evidence(**facts | tables)


@pytest.fixture(scope="module")
def found(build: SimpleNamespace) -> pd.DataFrame:
    return estimate(build.sample(200, per_cluster=2))


def test_the_columns_and_statistics_are_those_agreed_on(found: pd.DataFrame) -> None:
    assert list(found.columns) == COLUMNS.split(",")
    assert set(found["statistic"]) >= NAMED
    assert found["n"].dtype == found["clusters"].dtype == "int64"
    assert found["label"].iloc[0] is None


def test_no_row_says_the_same_thing_twice(found: pd.DataFrame) -> None:
    keys = COLUMNS.split(",")[:9]
    assert not found.duplicated(keys).any()


def test_a_number_has_images_and_an_interval_a_width(found: pd.DataFrame) -> None:
    known = found["estimate"].notna()
    assert (found["n"][known] > 0).all()
    assert (found["clusters"] <= found["n"]).all()
    assert (found["ci_low"].isna() == found["ci_high"].isna()).all()
    told = found[found["ci_low"].notna()]
    assert (told["ci_low"] < told["ci_high"]).all()
    assert found["method"].str.len().min() > 20


def test_no_interval_stands_on_one_cluster(found: pd.DataFrame) -> None:
    thin = found[found["clusters"] < 2]
    assert thin["ci_low"].isna().all()


def test_the_order_of_rows_changes_nothing(build: SimpleNamespace) -> None:
    evidence = build.sample(90, per_cluster=3)
    shuffled = {
        name: getattr(evidence, name).sample(frac=1, random_state=7) for name in ("images", "attention", "regions")
    }
    pd.testing.assert_frame_equal(estimate(evidence), estimate(with_tables(evidence, **shuffled)), check_exact=True)


def test_the_same_seed_gives_the_same_and_another_another(build: SimpleNamespace) -> None:
    first, again, other = (estimate(build.sample(60, seed=seed)) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert not first["estimate"].equals(other["estimate"])


def test_every_image_twice_in_its_cluster_leaves_every_interval(build: SimpleNamespace) -> None:
    evidence = build.sample(80)
    images, attention, regions = evidence.images, evidence.attention, evidence.regions
    twins = [table.assign(image_id="twin " + table["image_id"]) for table in (images, attention, regions)]
    both = [pd.concat(pair, ignore_index=True) for pair in zip((images, attention, regions), twins, strict=True)]
    once = estimate(evidence)
    twice = estimate(with_tables(evidence, images=both[0], attention=both[1], regions=both[2]))
    drawn = [
        "borrowed_mass",
        "enrichment",
        "enrichment_contrast",
        "attention_error_odds",
        "attention_error_interaction",
    ]
    kept = ~once["statistic"].isin(drawn)  # boxes are drawn anew
    for name in ("estimate", "ci_low", "ci_high"):
        assert twice[name][kept].to_numpy() == pytest.approx(once[name][kept].to_numpy(), nan_ok=True, abs=1e-6)
    assert (twice["n"][kept] == 2 * once["n"][kept]).all()
    assert (twice["clusters"][kept] == once["clusters"][kept]).all()


def test_images_that_were_not_read_are_in_no_number(build: SimpleNamespace) -> None:
    evidence = build.sample(50)
    gone = evidence.images.copy()
    gone.loc[:9, ["status", "predicted", "label"]] = ["truncated", None, "doctor"]
    table = estimate(with_tables(evidence, images=gone))
    assert table["n"].max() == 40


@pytest.mark.parametrize("name", list(STATISTICS))
def test_each_question_copes_with_nothing_read(build: SimpleNamespace, name: str) -> None:
    evidence = build.sample(5)
    nothing = with_tables(evidence, images=evidence.images.assign(status="not an image"))
    assert all(np.isnan(row.estimate) and row.n == 0 for row in STATISTICS[name](nothing))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_images_is_no_crash(build: SimpleNamespace, n: int) -> None:
    table = estimate(build.sample(n))
    assert table["n"].max() == n


def test_without_regions_or_attributes_there_are_fewer_statistics(build: SimpleNamespace) -> None:
    images = build.random_images(30, np.random.default_rng(0))
    left = set(estimate(build.evidence(images, attributes=()))["statistic"])
    assert left >= {"accuracy", "confusion", "empty_maps"}
    assert not [name for name in left if OF_REGIONS_OR_ATTRIBUTES.search(name)]


def test_several_attributes(build: SimpleNamespace) -> None:
    images = build.random_images(60, np.random.default_rng(0)).assign(age=["old", "young", ""] * 20)
    table = estimate(build.evidence(images, attributes=("gender", "age")))
    counts = table[(table["statistic"] == "accuracy") & (table["attribute"] == "age") & table["label"].isna()]
    assert counts["subgroup"].tolist() == ["", "old", "young"]
    assert table[table["statistic"] == "cramers_v"]["n"].tolist() == [60, 40]


def test_tables_from_disk_give_the_same(build: SimpleNamespace, tmp_path: Path) -> None:
    evidence = build.sample(40)
    schema = images_schema(["gender"])
    evidence = with_tables(evidence, images=evidence.images.reindex(columns=schema.names))
    rows = evidence.images.astype(object).where(evidence.images.notna(), None).to_dict("records")
    write_table(rows, tmp_path / "images.parquet", schema=schema)
    images = read_tables([tmp_path / "images.parquet"])
    pd.testing.assert_frame_equal(estimate(evidence), estimate(with_tables(evidence, images=images)), check_exact=True)
