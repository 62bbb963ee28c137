"""The Japanese of what the analysis says: nothing left out, no figure lost, and the meaning of each evidence level."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from auditor.analysis.findings import list_findings
from auditor.analysis.headlines import write_headline
from auditor.analysis.questions import list_cells
from auditor.analysis.uses import judge
from auditor.documents.document import Document
from auditor.documents.ladder import Rung
from auditor.properties import PROPERTIES
from auditor.report.catalogue import read_catalogue
from auditor.report.names import names_in
from auditor.report.phrases import read_phrase
from auditor.resources import templates
from tests.analysis.asking import make_asked, planted
from tests.analysis.statistics.trialling import CLASSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from auditor.analysis.uses import Use
    from auditor.documents.ladder import Level
    from auditor.report.catalogue import Catalogue

ROOT = Path(__file__).parents[2]
FILES = sorted((templates() / "languages" / "ja").glob("*.yaml"))
NAMES = ("coat", "doctor", "face", "gender", "hair", "man", "nurse", "patient", "stethoscope", "woman", "age", "old")
SPEAKING = ("backgrounds", "cautions", "checks", "duplicates", "examples", "findings", "global_cues", "global_rungs",
            "guards", "headlines", "illustrations", "looks", "negative_controls", "overlap", "protocol", "questions",
            "rungs", "uses", "wording")  # fmt: skip
"""Modules of the analysis whose texts reach audit.json."""
HAND = yaml.safe_load(Path(__file__).with_name("japanese.yaml").read_text(encoding="utf-8"))
"""Sentences written by hand."""


@pytest.fixture(scope="module")
def said() -> Catalogue:
    return read_catalogue("ja", names=NAMES)


def read(path: Path) -> dict[str, str]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def figures(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+(?:[.,]\d+)*", text))


def check(catalogue: Catalogue, text: str) -> None:
    """Known as a whole, no figure lost, and no English but names and what is written alike."""
    catalogue.missing.clear()
    japanese = catalogue.translate(text)
    assert not catalogue.missing, text
    lost = figures(text) - figures(japanese)
    assert not lost, f"{text}\n{japanese}"


def sentences(document: Document) -> Iterator[str]:
    """All that the analysis says in a document."""
    data, model = document.data, document.model
    yield from (*document.remarks, *document.warnings, *document.not_tested, document.examples.rule)
    yield from (data.exif, data.clusters_origin, model.preprocessing_origin, model.target_layer_origin, *data.notes)
    yield from (one.reason for one in data.left_out)
    for finding in document.findings:
        yield finding.headline
        yield from (rung.sentence for rung in finding.rungs)
        yield from finding.fills
    protocol = document.protocol
    assert protocol is not None
    yield from (protocol.example_rule, *protocol.notes, *protocol.fills)
    yield from (text for one in protocol.checks for text in (one.name, one.statistic, one.consequence))
    yield from (text for one in protocol.false_alarms for text in (one.kind, one.method))


@pytest.mark.parametrize("name", ["biased", "balanced"])
def test_the_demos_are_said_in_whole(name: str) -> None:
    document = Document.model_validate_json((ROOT / "reports" / "demo" / name / "audit.json").read_bytes())
    catalogue = read_catalogue("ja", names=names_in(document))
    texts = list(sentences(document))
    assert len(texts) > 80
    for text in texts:
        check(catalogue, text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_phrases_have_the_same_gaps_tags_and_figures(path: Path) -> None:
    for key, target in read(path).items():
        read_phrase(key, target)
        assert not re.search(r"公平|偏りがな|証明され", target), target
        words = [re.sub(r"\{[^}]*\}|<[^>]*>", "", text) for text in (key, target)]
        assert figures(words[0]).keys() <= figures(words[1]).keys(), f"{key}\n{target}"


def test_sentences_end_as_they_do_in_english() -> None:
    faults = [
        key
        for key, target in read(FILES[0]).items()
        if FILES[0].stem == "analysis" and key.endswith(".") != target.endswith("。")
    ]
    assert not faults


def test_no_key_stands_twice_in_a_file() -> None:
    for path in FILES:
        keys = re.findall(r'(?m)^("(?:[^"\\]|\\.)*"):', path.read_text(encoding="utf-8"))
        assert len(keys) == len(set(keys)) == len(read(path)), path.name


@pytest.mark.parametrize("text", ["zorp blub (7 to 9), q", "fnord: gribble", "zap, zip and zop", "3 zorp", "a × zorp."])
def test_no_phrase_swallows_what_it_does_not_know(text: str, said: Catalogue) -> None:
    assert said.find(text) is None


def literals(module: str, *, without: Collection[str] = ()) -> Iterator[str]:
    """Words of a module's texts, gap by gap and sentence by sentence; no docstrings, errors, keys."""
    tree = ast.parse((ROOT / "auditor" / f"{module}.py").read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    skipped = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    skipped |= {id(part) for node in nodes if isinstance(node, ast.Raise) for part in ast.walk(node)}
    unsaid = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name in without]
    skipped |= {id(part) for node in unsaid for part in ast.walk(node)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            for part in re.split(r"(?<=[.!?]) ", node.value):
                words = re.sub(r"\s+", " ", part).strip(" .;:,()")
                if len(re.findall(r"[A-Za-z]{2,}", words.replace("_", ""))) > 1:
                    yield words.removeprefix("SD (")


@pytest.mark.parametrize("module", SPEAKING)
def test_every_text_of_the_analysis_is_in_a_catalogue(module: str) -> None:
    keys = "\n".join(re.sub(r"\{[^}]*\}", "\0", key) for path in FILES for key in read(path)).lower()
    unknown = [words for words in literals(f"analysis/{module}") if words.lower() not in keys]
    assert not unknown


@pytest.mark.parametrize("name", PROPERTIES)
def test_properties_have_words(name: str, said: Catalogue) -> None:
    words = PROPERTIES[name].words
    for text in (words, words[0].upper() + words[1:], f"({name})", f"{words} of the whole picture"):
        check(said, text)


def test_findings_as_they_are_made_are_said_in_whole(said: Catalogue) -> None:
    evidence = make_asked(160, pushes=planted(0.35, "face"), drifts={}, roles={"face": "protected"})
    estimates = evidence.read.iloc[:0].reindex(
        columns=["statistic", "target", "region", "fill", "label", "predicted", "attribute", "subgroup", "outcome",
                 "estimate", "ci_low", "ci_high", "n", "clusters", "p_value", "unit", "method", "source"]
    )  # fmt: skip
    found = list_findings(evidence, estimates, checks=[])
    assert len(found) > 0
    for finding in found:
        for text in (finding.headline, *(rung.sentence for rung in finding.rungs)):
            check(said, text)


def ask(by: float, *, n: int = 200, alone: bool = False) -> Use:
    uses = judge(list_cells(make_asked(n, pushes=planted(by, "face"))))
    return next(use for use in uses if (use.cell.attribute is None) == alone)


@pytest.mark.parametrize("level", ["E0", "E1", "E2", "E3", "E3'", "E4", "R", "I"])
@pytest.mark.parametrize("alone", [False, True])
def test_headlines_of_all_levels_are_said_in_whole(level: Level, said: Catalogue, *, alone: bool) -> None:
    small = level in {"R", "E0", "E1"}
    use = ask(0.0 if small else 0.35, n=12 if level in {"E0", "E1"} else 200, alone=alone)
    words = dict.fromkeys(("opportunity", "looks", "uses", "hurts"), "No attribute is concerned.")
    rungs = {name: Rung(name=name, answer="found", sentence=text, estimates=[]) for name, text in words.items()}
    if level == "E3'":
        rungs["looks"] = rungs["looks"].model_copy(update={"answer": "ruled out"})
    for role in ("core", "context", "protected", "artefact", "undeclared"):
        check(said, write_headline(level, use, role=role, rungs=rungs, classes=CLASSES))


@pytest.mark.parametrize("level", HAND["headlines"])
def test_golden_sentences(level: str, said: Catalogue) -> None:
    english, japanese = HAND["headlines"][level]
    check(said, english)
    assert said.translate(english) == japanese


def test_every_level_has_a_golden_sentence() -> None:
    assert list(HAND["headlines"]) == ["E0", "E1", "E2", "E3", "E3'", "E4", "R", "I"]


@pytest.mark.parametrize("english", HAND["others"])
def test_sentences_that_no_demo_says(english: str, said: Catalogue) -> None:
    check(said, english)
