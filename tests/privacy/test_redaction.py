"""Numbers that tell of a hidden group though they are about another one, and regions that few images show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.document import AttributeFacts, Document, RegionFacts
from auditor.documents.ladder import Check, Estimate
from auditor.privacy.prose import LINE_LEFT_OUT
from auditor.privacy.publication import Wish, redact
from auditor.privacy.redaction import ROUNDED, WITHHELD
from auditor.report.catalogue import read_catalogue
from tests.report.laddered import finding, protocol
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from collections.abc import Iterable

RECORDED = {"a": 28, "b": 30, "rare": 2}
"""People by origin; of five it is not recorded."""
UNKNOWN = 5
READ = sum(RECORDED.values()) + UNKNOWN


def row(statistic: str, n: int, **keys: Any) -> Estimate:
    fields: dict[str, Any] = {"value": 0.5, "ci": None, "unit": "share", "method": "m", **keys}
    return Estimate(statistic=statistic, n=n, clusters=n, **fields)


def public(document: Document) -> Document:
    return redact(document, Wish(public=True), salt=b"s", source_sha256="0" * 64).document


def audited(rows: Iterable[Estimate], **changes: Any) -> Document:
    document = make_document()
    data = {"n_listed": READ, "n_read": READ, "n_clusters": READ, "labels": {"stripes": READ}, "attributes": []}
    update = {"data": document.data.model_copy(update=data | changes), "estimates": [*rows], "mean_maps": []}
    return document.model_copy(update=update)


@pytest.mark.parametrize(
    ("statistic", "keys"),
    [
        ("group_share", {"predicted": "dots"}),
        ("lift", {"label": "stripes"}),
        ("odds_ratio", {"label": "stripes"}),
        ("attribute_share", {"label": "stripes"}),
        ("area_balance", {"region": "corner"}),
        ("adjusted_mass_odds", {"region": "corner", "target": "predicted"}),
        ("aligned_shift", {"region": "corner", "fill": "mean", "predicted": "dots"}),
    ],
)
def test_no_number_counts_all_with_a_record_where_few_are_hidden_among_them(
    statistic: str, keys: dict[str, Any]
) -> None:
    """Of 65 people 60 have a record, 58 of them in groups that are printed: two are left."""
    known = sum(RECORDED.values())
    counts = {**RECORDED, "": UNKNOWN}
    rows = [row("accuracy", n, attribute="origin", subgroup=value) for value, n in counts.items()]
    rows += [row("accuracy", n, attribute="origin", subgroup=value, label="stripes") for value, n in counts.items()]
    told = row(statistic, known, attribute="origin", subgroup="a", **keys)
    cut = audited([*rows, told], attributes=[AttributeFacts(name="origin", counts=counts)])
    left = public(cut).estimates
    assert {one.subgroup for one in left if one.statistic == "accuracy" and one.label is None} == {"a", "b"}
    assert [one for one in left if one.n == known] == []
    plain = {"a": 28, "b": 30}
    rows = [row("accuracy", n, attribute="origin", subgroup=value) for value, n in plain.items()]
    rows += [row("accuracy", n, attribute="origin", subgroup=value, label="stripes") for value, n in plain.items()]
    small = {"n_read": 58, "labels": {"stripes": 58}}
    whole = audited(
        [*rows, told.model_copy(update={"n": 58, "clusters": 58})],
        attributes=[AttributeFacts(name="origin", counts=plain)],
        **small,
    )
    assert [one for one in public(whole).estimates if one.statistic == statistic]


@pytest.mark.parametrize(("few", "kept"), [(3, False), (14, True)])
def test_groups_are_not_set_against_few_that_show_a_region(few: int, *, kept: bool) -> None:
    place: dict[str, Any] = {"region": "corner", "target": "predicted", "label": "stripes", "attribute": "origin"}
    rows = [row("mass", n, subgroup=value, **place) for value, n in {"a": 28, "b": few}.items()]
    rows += [row("enrichment_contrast", 28 + few, subgroup="b", **place)]
    rows += [row("accuracy_gap", 58, label="stripes", attribute="origin", subgroup="b")]
    left = {one.statistic for one in public(audited(rows)).estimates}
    assert ("enrichment_contrast" in left) is kept
    assert "accuracy_gap" in left  # it counts all of both groups


@pytest.mark.parametrize(("share", "kept"), [(3 / 30, False), (20 / 30, True), (0.0, True)])
def test_a_share_of_images_that_show_a_region_is_a_count(share: float, *, kept: bool) -> None:
    rows = [row("presence_share", 30, region="corner", label="stripes", value=share)]
    rows += [row("presence_share", 30, region="corner", label="dots", value=0.5)]
    rows += [row("lift", 60, region="corner", label="stripes"), row("cramers_v", 60, region="corner")]
    rows += [row("cramers_v", 60, region="edge"), row("flips", 40, region="corner", fill="mean")]
    left = [(one.statistic, one.region) for one in public(audited(rows)).estimates]
    assert {("cramers_v", "edge"), ("flips", "corner")} <= set(left)
    assert len(left) == (6 if kept else 2)


@pytest.fixture
def seldom() -> Document:
    """A region that three images show, with a check, a warning and a finding."""
    regions = [
        RegionFacts(name="corner", role="artefact", images=30, median_area=0.2),
        RegionFacts(name="scarf", role="protected", images=3, median_area=0.1),
    ]
    words = "2.94 times as much in the region as its share of the frame would be, 3 images"
    checks = [
        Check(name="maps", region=name, passed=True, statistic=words, consequence="too few", withholds=None)
        for name in ("scarf", "corner")
    ]
    document = audited([], regions=regions)
    found = finding("E3", document, region="scarf", attribute=None, needed=7, ci_adjusted=(0.1, 0.2), examples=[])
    rungs = [
        one.model_copy(update={"sentence": f"It moves 1.25 SD: {one.name}.", "estimates": []}) for one in found.rungs
    ]
    found = found.model_copy(update={"rungs": rungs})
    update = {
        "findings": [found, finding("R", document, region="corner", attribute=None)],
        "protocol": protocol(checks=checks, passes=1234),
        "warnings": ["Region scarf lies at one place (mean overlap 1.00).", "Region scarf is seldom seen."],
    }
    return document.model_copy(update=update)


def test_no_line_puts_a_number_to_a_region_that_few_images_show(seldom: Document) -> None:
    made = public(seldom)
    assert made.protocol is not None
    scarf, corner = made.protocol.checks
    assert (scarf.statistic, scarf.consequence) == (LINE_LEFT_OUT, "too few")
    assert corner.statistic.startswith("2.94 times as much")
    assert made.warnings[1:] == [LINE_LEFT_OUT, "Region scarf is seldom seen."]


def test_a_finding_of_a_region_that_few_images_show_has_no_numbers(seldom: Document) -> None:
    scarf, corner = public(seldom).findings
    assert scarf.level == "E3"
    assert scarf.headline.endswith(WITHHELD)
    assert [scarf.p_value, scarf.q_value, scarf.by_value, scarf.familywise, scarf.ci_adjusted, scarf.needed] == [
        None
    ] * 6
    assert {rung.sentence for rung in scarf.rungs if rung.name != "opportunity"} == {WITHHELD}
    assert corner == seldom.findings[1]


def test_answers_asked_for_such_a_region_are_not_what_is_left_of_all(seldom: Document) -> None:
    made = public(seldom)
    assert made.protocol is not None
    assert (made.protocol.passes, made.protocol.notes[-1]) == (1200, ROUNDED)
    many = [one.model_copy(update={"images": 30}) for one in seldom.data.regions]
    whole = seldom.model_copy(update={"data": seldom.data.model_copy(update={"regions": many})})
    kept, given = public(whole).protocol, whole.protocol
    assert kept is not None
    assert given is not None
    assert (kept.passes, len(kept.notes)) == (1234, len(given.notes))


def test_what_is_said_of_it_has_its_japanese() -> None:
    catalogue = read_catalogue("ja", names=())
    assert catalogue.translate(ROUNDED) != ROUNDED
    assert not catalogue.missing
