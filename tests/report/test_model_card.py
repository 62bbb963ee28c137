"""The model card: front matter that a hub takes, one result per subgroup, no holes and no claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from markdown_it import MarkdownIt

from auditor.report.model_card import write_card
from tests.report.hostile import EDGES, NAMES, hostile
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]
    Card = tuple[dict[str, Any], str]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Document], Card]:
    def read(audit: Document) -> Card:
        write_card(audit, tmp_path / "model_card.md")
        _, front, text = (tmp_path / "model_card.md").read_text(encoding="utf-8").split("---\n", 2)
        return yaml.safe_load(front), text

    return read


def results(front: dict[str, Any]) -> list[dict[str, Any]]:
    """The results, once they are what the hub's own description of the front matter asks for."""
    (model,) = front["model-index"]
    assert isinstance(model["name"], str)
    for result in model["results"]:
        assert set(result) == {"task", "dataset", "metrics"}
        assert set(result["dataset"]) - {"args"} == {"type", "name", "revision"}
        assert result["task"]["type"] == "image-classification"
        for metric in result["metrics"]:
            assert set(metric) == {"type", "value", "name"}  # never "verified"
            assert isinstance(metric["value"], float)
            assert 0 <= metric["value"] <= 1
    listed: list[dict[str, Any]] = model["results"]
    return listed


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (*strings(key), *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif not isinstance(value, float):
        assert isinstance(value, str), value
        yield value


def test_there_is_one_result_per_subgroup(make_document: Make, read: Callable[[Document], Card]) -> None:
    listed = results(read(make_document(pairs=0))[0])
    assert [one["dataset"].get("args") for one in listed] == [
        None,
        {"gender": "man"},
        {"gender": "woman"},
        {"gender": "not recorded"},
    ]
    assert listed[0]["metrics"][0] == {"type": "accuracy", "value": 0.82, "name": "accuracy [78 %, 86 %], n = 400"}
    assert [one["name"].partition(" [")[0] for one in listed[1]["metrics"]] == [
        "accuracy",
        "accuracy where the label is doctor",
        "accuracy where the label is nurse",
    ]
    assert listed[3]["metrics"][0]["name"].endswith("n = 9, few cases")


def test_the_text_says_what_was_found_and_what_was_not(make_document: Make, read: Callable[[Document], Card]) -> None:
    text = read(laddered(make_document(pairs=0), ALL_LEVELS))[1]
    assert "- E4 (uses and hurts): Hiding the face changes the answer in 18 % of photographs" in text
    assert "Ruled out above the margin: coat with gender, face and stethoscope with age." in text
    assert "Left open for want of evidence: hair, coat and sharpness of the picture." in text
    assert "Could not be evaluated: stethoscope." in text
    assert "- Cues that are not marked as a region." in text
    assert "- Withheld: " in text
    assert "| gender | woman | 80 % |" in text.replace("\xa0", " ")


@pytest.mark.parametrize("edge", EDGES)
def test_there_are_no_holes(make_document: Make, read: Callable[[Document], Card], edge: str) -> None:
    front, text = read(make_document(**EDGES[edge]))
    results(front)
    for word in ("None", "More Information Needed", "TODO", "nan", "verified:", " ,", "()", ": ."):
        assert word not in text
    assert "\n## Limits of this audit\n" in text
    assert "[]" not in text.replace("\\[", "").replace("\\]", "")


def test_what_was_not_done_is_said(make_document: Make, read: Callable[[Document], Card]) -> None:
    text = read(make_document(values=(), regions=False, pairs=0))[1]
    assert "No region was hidden, so nothing is said about what the model uses." in text
    assert "No attribute was audited, so no subgroups are told apart." in text
    none = laddered(make_document(pairs=0), [("R", "coat", "gender")])
    assert "Use was found in none of the questions asked; that is not to say that there is none." in read(none)[1]


def test_declared_facts_are_told_as_such(make_document: Make, read: Callable[[Document], Card]) -> None:
    audit = make_document(pairs=0)
    assert "Declared by the provider" not in read(audit)[1]
    said = audit.declared.model_copy(
        update={"intended_use": "Sorting of <b>portraits</b>", "model_name": "no", "dataset_name": "1e3"}
    )
    front, text = read(audit.model_copy(update={"declared": said}))
    assert "## Declared by the provider, not verified\n\n- Intended use: Sorting of &lt;b&gt;portraits" in text
    assert front["model-index"][0]["name"] == "no"
    assert results(front)[0]["dataset"]["name"] == "1e3"


def test_front_matter_is_text_in_every_dialect(
    make_document: Make, read: Callable[[Document], Card], tmp_path: Path
) -> None:
    """Names such as ``no``, ``1e3`` and ``null`` are a truth, a number and nothing to some readers of YAML."""
    read(make_document(values=("no", "1e3", "null", "12:30:45", "0o7", "~"), attribute="yes", pairs=0))
    front = (tmp_path / "model_card.md").read_text(encoding="utf-8").split("---\n")[1]
    args = [line.strip() for line in front.splitlines() if '"yes":' in line]
    assert args == [f'"yes": "{value}"' for value in ("no", "1e3", "null", "12:30:45", "0o7", "~")]


def test_hostile_names_stay_names(make_document: Make, read: Callable[[Document], Card]) -> None:
    front, text = read(hostile(make_document))
    assert len(results(front)) == len(NAMES) + 2
    assert all(len(words) <= 300 and "\n" not in words for words in strings(front))
    kinds = {token.type for token in MarkdownIt("commonmark").enable("table").parse(text)}
    inner = {
        child.type for token in MarkdownIt("commonmark").enable("table").parse(text) for child in token.children or ()
    }
    assert not {"html_block", "fence", "code_block", "hr", "blockquote_open"} & kinds
    assert inner <= {"text", "text_special", "code_inline"}  # the one in code is the hash of the weights
    assert text.count("<") == 0
