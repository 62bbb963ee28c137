"""What failed checks withhold is stated nowhere: not on page 1, in no summary, and with a notice beside the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.documents.document import RegionFacts
from auditor.documents.ladder import Check, Estimate
from auditor.report import write_html
from auditor.report.estimates import Estimates
from auditor.report.markdown import summarise
from auditor.report.model_card import write_card
from auditor.report.sentences import standing_out
from auditor.report.summary import summary
from auditor.report.withholding import is_withheld, list_withheld
from tests.report.laddered import laddered, protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document
    from auditor.documents.ladder import Protocol

LIES = "the map of the class answered lies"


def failing(region: str | None, *, passed: bool | None = False, layer: str = "attention") -> Protocol:
    fields = {"name": "faithful maps", "statistic": "s", "consequence": "c", "withholds": layer}
    return protocol(checks=[Check.model_validate({**fields, "region": region, "passed": passed})])


def enriched(region: str, value: float) -> Estimate:
    fields = {"value": value, "ci": (value - 0.1, value + 0.1), "n": 100, "clusters": 100, "unit": "ratio"}
    return Estimate.model_validate(
        {"statistic": "enrichment", "target": "predicted", "region": region, "method": "m", **fields}
    )


@pytest.fixture
def looked(make_document: Callable[..., Document]) -> Document:
    """A map that lies on the coat, which is the core, and more on hair."""
    rows = [enriched("coat", 1.4), enriched("hair", 2.4)]
    made = laddered(make_document(pairs=0, estimates=rows, mean_maps=[]), [("R", "coat", "gender")])
    regions = [
        RegionFacts(name="coat", role="core", images=100, median_area=0.2),
        RegionFacts(name="hair", role="protected", images=100, median_area=0.1),
    ]
    return made.model_copy(update={"data": made.data.model_copy(update={"regions": regions})})


def test_a_failed_check_withholds_its_region_or_all() -> None:
    assert [is_withheld(failing(None), name) for name in ("coat", "hair")] == [True, True]
    assert [is_withheld(failing("coat"), name) for name in ("coat", "hair")] == [True, False]
    assert not is_withheld(failing(None, passed=None), "coat")
    assert not is_withheld(failing(None, passed=True), "coat")
    assert not is_withheld(failing(None, layer="interventions"), "coat")
    assert not is_withheld(None, "coat")


def test_what_is_withheld_is_listed_by_layer() -> None:
    made = protocol(checks=[*failing("coat").checks, *failing(None, layer="interventions").checks])
    both = list_withheld(made)
    assert [words.partition(".")[0] for words in both] == [
        "Withheld: statements on attention for coat",
        "Withheld: statements that a region is not used",
    ]
    assert list_withheld(made, layer="attention") == both[:1]
    assert list_withheld(made, layer="interventions") == both[1:]
    assert list_withheld(None) == ()


@pytest.mark.parametrize(
    ("region", "card", "core"),
    [("", "Map on hair", True), ("hair", "Map on coat", True), ("coat", "Map on hair", False), (None, None, False)],
)
def test_page_one_states_nothing_that_is_withheld(
    looked: Document, tmp_path: Path, *, region: str | None, card: str | None, core: bool
) -> None:
    document = looked.model_copy(update={"protocol": failing(region, passed=region == "")})
    estimates = Estimates(document)
    cards = [one.name for one in summary(document, estimates, missing=0).cards if one.name.startswith("Map on")]
    assert cards == ([card] if card else [])
    assert any(LIES in words for words in standing_out(document, estimates)) is core
    write_card(document, tmp_path / "card.md")
    for text in (summarise(document), (tmp_path / "card.md").read_text(encoding="utf-8")):
        assert (LIES in text) is core
        assert ("Withheld: statements on attention" in text) is (region != "")


@pytest.mark.parametrize(("passed", "told"), [(False, True), (True, False)])
def test_the_section_on_maps_says_that_it_is_no_evidence(
    looked: Document, tmp_path: Path, *, passed: bool, told: bool
) -> None:
    write_html(looked.model_copy(update={"protocol": failing(None, passed=passed)}), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="attention"') : page.index('<section id="examples"')]
    assert ("they are not evidence of what the model attends to" in section) is told
    assert ("Withheld: statements on attention. The check “faithful maps” failed" in section) is told
