"""Every sentence and table of a case that was counted by hand.

================  ==============  ============  =====
images            answered right  wrong         n
================  ==============  ============  =====
doctor, woman     18              12 as nurse   30
doctor, man       38              2 as nurse    40
nurse, woman      36              4 as doctor   40
nurse, man        21              9 as doctor   30
================  ==============  ============  =====
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.document import AttributeFacts, RegionFacts
from auditor.documents.ladder import Estimate
from auditor.report.contents import data_tables
from auditor.report.estimates import Estimates
from auditor.report.figures import SPACE
from auditor.report.performance import performance
from auditor.report.sentences import standing_out
from auditor.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document
    from auditor.report.tables import Table

RIGHT = {
    ("doctor", "woman"): (18, 30),
    ("doctor", "man"): (38, 40),
    ("nurse", "woman"): (36, 40),
    ("nurse", "man"): (21, 30),
}
OTHER = {"doctor": "nurse", "nurse": "doctor"}


def row(statistic: str, value: float, n: int, **keys: Any) -> Estimate:
    half = keys.pop("half", 0.1)
    clusters = keys.pop("clusters", n)
    low, high = 0.0, 1.0 if statistic in {"accuracy", "confusion"} else 99.0
    ends = round(value - half, 6), round(value + half, 6)
    ci = ends if statistic == "accuracy_gap" else (max(ends[0], low), min(ends[1], high))
    return Estimate(statistic=statistic, value=value, ci=ci, n=n, clusters=clusters, unit="", method="", **keys)


def share_rows(label: str | None, gender: str | None) -> list[Estimate]:
    cells = [
        (key, cell) for key, cell in RIGHT.items()
        if (label is None or key[0] == label) and (gender is None or key[1] == gender)
    ]  # fmt: skip
    right, n = sum(cell[0] for _, cell in cells), sum(cell[1] for _, cell in cells)
    keys: dict[str, Any] = {"label": label, "attribute": gender and "gender", "subgroup": gender}
    made = [row("accuracy", right / n, n, **keys)]
    if label is not None:
        made.append(row("confusion", right / n, n, predicted=label, **keys))
        made.append(row("confusion", 1 - right / n, n, predicted=OTHER[label], **keys))
    return made


@pytest.fixture
def counted(make_document: Callable[..., Document]) -> Document:
    estimates = [
        one
        for label in (None, "doctor", "nurse")
        for gender in (None, "woman", "man")
        for one in share_rows(label, gender)
    ]
    estimates += [
        row("accuracy_gap", 18 / 30 - 38 / 40, 70, label="doctor", attribute="gender", subgroup="woman"),
        row("accuracy_gap", 36 / 40 - 21 / 30, 70, label="nurse", attribute="gender", subgroup="woman"),
        row("enrichment", 1.8, 140, target="predicted", region="face", half=0.2),
        row("enrichment", 2.6, 30, target="predicted", region="face", label="doctor", attribute="gender", subgroup="woman", half=0.3),
        row("enrichment", 9.0, 5, target="predicted", region="face", label="nurse", half=0.1),
        row("enrichment", 9.0, 140, target="label", region="face", half=0.1),
        row("enrichment", 0.8, 140, target="predicted", region="coat", half=0.1),
        row("cramers_v", 0.71, 140, attribute="gender"),
        row("attribute_only_accuracy", 0.571, 140, attribute="gender"),
        row("majority_accuracy", 0.5, 140, attribute="gender"),
        row("empty_maps", 3 / 140, 140, target="predicted", half=0.01),
    ]  # fmt: skip
    made = make_document(pairs=0, estimates=estimates, mean_maps=[], warnings=[])
    data = made.data.model_copy(
        update={
            "n_listed": 143, "n_read": 140, "labels": {"doctor": 70, "nurse": 70},
            "attributes": [AttributeFacts(name="gender", counts={"man": 70, "woman": 70})],
            "regions": [
                RegionFacts(name="coat", role="core", images=140, median_area=0.2),
                RegionFacts(name="face", role="protected", images=140, median_area=0.17),
            ],
        }
    )  # fmt: skip
    return made.model_copy(update={"data": data})


def plain(text: str) -> str:
    return text.replace(SPACE, " ")


def cells(table: Table) -> list[list[str]]:
    return [[plain(" ".join(part for part in (cell.text, cell.note) if part)) for cell in one] for one in table.rows]


def test_what_stands_out(counted: Document) -> None:
    assert [plain(one) for one in standing_out(counted, Estimates(counted))] == [
        (
            "The model's answer is right for 81 % [71 %, 91 %] of 140 images. Always giving the most frequent label would be "
            "right for 50 %."
        ),
        (
            "Of images labelled doctor, the answer is right for 60 % [50 %, 70 %] where gender is woman (n = 30) and for 95 % "
            "[85 %, 100 %] where gender is man (n = 40). This is the widest of 2 such differences measured."
        ),
        (
            "The map of the class answered lies 1.8× [1.6×, 2.0×] as much on the face as on equally large areas at places "
            "where the face lies in other photographs (all images, n = 140), and most on images labelled doctor where gender "
            "is woman: 2.6× [2.3×, 2.9×] (n = 30). Looking is not using: whether the face changes the answer was not tested."
        ),
        (
            "On what was declared to be the core of the task, the map of the class answered lies 0.80× [0.70×, 0.90×] as much "
            "on the coat (n = 140) as on equally large areas at places where these lie in other photographs."
        ),
        (
            "In these data, guessing the label from gender alone would be right for 57 % [47 %, 67 %] of 140 images, and "
            "always giving the most frequent label for 50 %. Whether the model does so was not tested."
        ),
        "For 2.1 % of 140 images the map is zero everywhere; these are left out of every number on maps.",
    ]


def test_key_numbers(counted: Document) -> None:
    cards = summary(counted, Estimates(counted), missing=0).cards
    assert [(card.name, plain(card.value), plain(card.note)) for card in cards] == [
        ("Images read", "140", "of 143 listed; 3 left out"),
        ("Answered right", "81 %", "[71 %, 91 %] n = 140"),
        ("Lowest subgroup", "60 %", "[50 %, 70 %] n = 30 · doctor, gender: woman; lowest of 4 measured"),
        ("Largest difference", "−35 pp", "[−45 pp, −25 pp] · doctor, woman − man; of 2 measured"),
        (
            "Map on face",
            "2.6×",
            "[2.3×, 2.9×] n = 30 · doctor, woman, against equal areas elsewhere; highest of 2 measured",
        ),
    ]


def test_subgroup_table(counted: Document) -> None:
    (table,) = performance(counted, Estimates(counted)).heats
    assert [cell.text for cell in table.columns] == ["Attribute", "Subgroup", "all classes", "doctor", "nurse"]
    assert cells(table) == [
        ["gender", "man", "84 % [74–94] n = 70", "95 % [85–100] n = 40", "70 % [60–80] n = 30"],
        ["gender", "woman", "77 % [67–87] n = 70", "60 % [50–70] n = 30", "90 % [80–100] n = 40"],
    ]


def test_confusion_is_not_swapped(counted: Document) -> None:
    overall, men, women = performance(counted, Estimates(counted)).matrices
    assert [table.caption for table in (overall, men, women)] == ["All images", "gender: man", "gender: woman"]
    assert [cell.text for cell in overall.columns] == ["Labelled", "doctor", "nurse"]
    assert cells(overall) == [["doctor", "80 % 56", "20 % 14"], ["nurse", "19 % 13", "81 % 57"]]
    assert cells(women) == [["doctor", "60 % 18", "40 % 12"], ["nurse", "10 % 4", "90 % 36"]]
    assert cells(men) == [["doctor", "95 % 38", "5 % 2"], ["nurse", "30 % 9", "70 % 21"]]


def test_gaps_name_both_sides(counted: Document) -> None:
    gaps = performance(counted, Estimates(counted)).gaps
    assert gaps is not None
    assert [(mark.label, plain(mark.number.full)) for mark in gaps.groups[0].marks] == [
        ("woman − man, doctor", "−35 pp [−45 pp, −25 pp]"),
        ("woman − man, nurse", "+20 pp [+10 pp, +30 pp]"),
    ]


def test_data_tables_count_labels_by_attribute(counted: Document) -> None:
    tables = {table.caption: table for table in data_tables(counted, Estimates(counted))}
    assert cells(tables["Images by label and gender"]) == [
        ["doctor", "40 57 %", "30 43 %", "70"],
        ["nurse", "30 43 %", "40 57 %", "70"],
        ["All", "70", "70", "140"],
    ]
    assert cells(tables["How far an attribute tells the label"]) == [
        ["gender", "0.71 [0.61, 0.81]", "57 % [47 %, 67 %]", "50 % [40 %, 60 %]", "140"]
    ]


def test_small_cells_are_not_raised_to_page_1(counted: Document) -> None:
    few = [
        one.model_copy(update={"clusters": 19}) if one.label == "doctor" and one.subgroup == "woman" else one
        for one in counted.estimates
    ]
    text = " ".join(standing_out(counted, Estimates(counted.model_copy(update={"estimates": few}))))
    assert "labelled nurse" in text
    assert "labelled doctor" not in text


def test_the_core_is_not_told_from_few_images(counted: Document) -> None:
    few = [
        one.model_copy(update={"n": 5, "clusters": 5}) if (one.statistic, one.region) == ("enrichment", "coat") else one
        for one in counted.estimates
    ]
    document = counted.model_copy(update={"estimates": few})
    assert any("the core of the task" in told for told in standing_out(counted, Estimates(counted)))
    assert not any("the core of the task" in told for told in standing_out(document, Estimates(document)))


def test_a_region_that_is_not_favoured_is_not_mentioned(counted: Document) -> None:
    plainly = [one.model_copy(update={"ci": (0.9, 3.0)}) if one.region == "face" else one for one in counted.estimates]
    assert "Looking is not using" not in " ".join(
        standing_out(counted, Estimates(counted.model_copy(update={"estimates": plainly})))
    )


def test_nothing_classified_is_said(counted: Document) -> None:
    empty = counted.model_copy(update={"estimates": []})
    assert standing_out(empty, Estimates(empty)) == (
        "No image could be classified, so nothing is said about right and wrong answers.",
    )


def test_more_warnings_than_page_1_holds_are_counted(counted: Document) -> None:
    many = counted.model_copy(update={"warnings": [f"warning {k}" for k in range(11)]})
    shown = summary(many, Estimates(many), missing=2).warnings
    assert shown[0] == "warning 0"
    assert shown[-1] == "… and 4 more, in audit.json."
    assert len(shown) == 9
