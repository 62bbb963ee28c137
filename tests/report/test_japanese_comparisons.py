"""The Japanese of comparisons and histories: no text left in English, no interval torn, no label cut in half."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from auditor.analysis.comparison_trust import Grounds
from auditor.analysis.comparison_words import judge_pair
from auditor.analysis.history import trace
from auditor.documents.comparisons import Fate, Kind, Leaning
from auditor.documents.document import Redaction
from auditor.documents.histories import Decided
from auditor.report.caps import PRINT, SCREEN
from auditor.report.catalogue import Catalogue, read_catalogue
from auditor.report.history_page import render_history
from auditor.report.names import names_in
from auditor.report.pages import page_of
from auditor.report.templating import render
from auditor.report.translation import translate_page
from auditor.report.views import see
from auditor.resources import templates
from tests.analysis.compared import change, cue
from tests.comparing.histories import audit, comparison_of, series, version
from tests.report.comparisons_made import compared
from tests.report.test_japanese_sentences import FILES, check, literals, read
from tests.report.test_translation import latin_words, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.histories import History

NAMES = ("age", "coat", "doctor", "face", "gender", "hair", "man", "new", "nurse", "old", "tag", "woman", "layer4")
SPOKEN = (
    *(f"analysis/{name}" for name in ("comparison", "comparison_answers", "comparison_trust", "comparison_words",
      "cue_changes", "cue_effects", "cue_numbers", "cue_properties", "cue_sentences", "cue_tests", "disagreements",
      "matching", "matching_notes", "shared_images")),
    *(f"report/comparison_{name}" for name in ("cues", "examples", "facts", "maps", "numbers", "verdict", "view")),
    "report/changes",
    "analysis/comparability", "analysis/history",
    *(f"report/history_{name}" for name in ("page", "rates", "words")),
)  # fmt: skip
"""Modules whose texts reach the page of a comparison or of a history."""
UNSAID = ("describe_effect", "_estimate", "_write_size", "_tell_nothing_shared")
"""Functions that write how a number was made, which no page says, or what is wrong."""
NO_TEXT = {
    "shared scale", "no permutations", "SD in", "signs of cues", "ai,nij,bj->nab", "Mean map of the class answered",
    "no longer shown", "within label",
}  # fmt: skip
PAGES = sorted(
    [
        *(templates() / "sections").glob("comparison-*.j2"),
        templates() / "macros" / "comparison.j2",
        templates() / "history.html.j2",
    ],
    key=lambda path: path.name,
)
HAND = yaml.safe_load(Path(__file__).with_name("japanese.yaml").read_text(encoding="utf-8"))["comparisons"]
INTERVAL = re.compile(r"\[[^\]<]*\d[^\]<]*\]")


@pytest.fixture(scope="module")
def said() -> Catalogue:
    return read_catalogue("ja", names=NAMES)


@pytest.fixture(scope="module")
def keys() -> str:
    return "\n".join(re.sub(r"\{[^}]*\}|</?\d>", "\0", key) for path in FILES for key in read(path)).lower()


def pages(document: Document) -> Iterator[str]:
    """On a screen and in print."""
    page = page_of(document)
    stem, seen = see(document, images=None, caps=SCREEN, album=page.album)
    yield render(f"{stem}.html.j2", seen, chart_width=860, chart_rows=200, page=page)
    stem, seen = see(document, images=None, caps=PRINT)
    yield render(f"{stem}.pdf.j2", seen, chart_width=660, chart_rows=18)


@pytest.mark.parametrize("names", [("biased", "balanced"), ("biased", "balanced", "third")], ids=len)
def test_nothing_of_a_comparison_is_left_in_english(names: tuple[str, ...]) -> None:
    document = compared(names=names)
    known = names_in(document)
    catalogue = read_catalogue("ja", names=known)
    for page in pages(document):
        japanese = translate_page(page, catalogue, language="ja")
        assert not catalogue.missing
        whole = [text for text in texts_of(japanese) if "…" not in text]  # half a name is in no list of names
        assert latin_words(whole, known) <= {"HTML", "Holm", "McNemar"}
        bare = (re.sub(r"<(script|style)\b.*?</\1>", "", one, flags=re.DOTALL) for one in (page, japanese))
        before, after = (INTERVAL.findall(re.sub(r"[\s\u00a0]|nats|ナット", "", one)) for one in bare)
        assert sorted(after) == sorted(before)


@pytest.mark.parametrize("module", SPOKEN)
def test_every_text_of_a_comparison_is_in_a_catalogue(module: str, keys: str) -> None:
    told = {words.removeprefix("· ").replace("`", "") for words in literals(module, without=UNSAID)} - NO_TEXT
    assert [words for words in told if words.lower() not in keys and not re.search(r"\.(css|js|j2)$", words)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_text_of_a_template_is_in_a_catalogue(path: Path, keys: str) -> None:
    source = re.sub(r"\{#.*?#\}|<svg\b.*?</svg>", "\0", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\0", source, flags=re.DOTALL)
    texts = re.split(r"<(?!/?(?:b|i)>)[^>]*>|\0|(?<=[.!?]) ", source)
    pieces = [re.sub(r"</?[bi]>", "\0", re.sub(r"\s+", " ", text)).strip("\0 .;:,()") for text in texts]
    spoken = [piece for piece in pieces if len(re.findall(r"[A-Za-z]{2,}", piece)) > 1]
    assert [piece for piece in spoken if piece.lower() not in keys and "&" not in piece] == []


@pytest.mark.parametrize("english", HAND)
def test_sentences_of_comparisons(english: str, said: Catalogue) -> None:
    check(said, english)
    japanese = said.translate(english)
    assert [one for one in INTERVAL.findall(english) if one not in japanese] == []


def test_every_answer_has_words(said: Catalogue) -> None:
    for kind in (Leaning, Fate, Kind):
        for words in kind.__args__:
            check(said, words)


CUES = [cue("face", "candidate leans less"), cue("face", "alike", "gender"), cue("hair", "baseline leans less", "age")]
NUMBERS = [
    change("accuracy", (0.8, 0.9)),
    change("accuracy", (0.9, 0.8), label="doctor", attribute="gender", subgroup="man", n=50),
    change("accuracy", (0.9, 0.7), label="nurse", attribute="gender", subgroup="", n=50),
    change("worst_group_accuracy", (0.5, 0.7), attribute="gender"),
    *(
        change("flip_excess", sides, region=region, fill=fill, outcome="correct", n=90, clusters=90)
        for region, sides in (("coat", (0.1, 0.4)), ("face", (0.4, 0.1)))
        for fill in ("mean", "noise")
    ),
    change("core_mass", (0.3, 0.5), outcome="correct"),
]
WAYS = {"ways": ("mean", "noise"), "core": ("coat",), "cues": ("face", "hair")}


@pytest.mark.parametrize("kept", [[0], [1], [2], [0, 2], [0, 1, 2], []])
@pytest.mark.parametrize(
    "grounds",
    [
        {}, {"clusters": 12}, {"unhidden": ("old",)}, {"unhidden": ("old", "new")}, {"cues": ()}, {"core": ()},
        {"withheld": ("new",), "blurred": ("old", "new")}, {"ways": ()}, {"ways": ("noise",)},
        {"same_weights": True, "aside": 7},
    ],
)  # fmt: skip
def test_verdicts_as_they_are_made_are_said_in_whole(
    grounds: dict[str, object], kept: list[int], said: Catalogue
) -> None:
    facts = {"names": ("old", "new"), "n": 400, "clusters": 400, **WAYS, **grounds}
    cues = [CUES[k].model_copy(update={"sentence": HAND[0]}) for k in kept]
    verdict = judge_pair(NUMBERS, cues, grounds=Grounds(**facts))  # type: ignore[arg-type]
    for text in (verdict.headline, *verdict.evidence, verdict.trust, verdict.cost, *verdict.cautions):
        check(said, text)
        assert [one for one in INTERVAL.findall(text) if one not in said.translate(text)] == []


def histories() -> Iterator[History]:
    """The same findings; other levels and images; another model, and one that nothing was hidden from."""
    yield trace(series({"face": "E3", "hair": "I"}, {"face": "R", "hair": "R"}, {"face": "E4", "coat": "E0"}))
    yield trace(series({"face": "E3"}))
    old, new = audit({"face": "E3", "hair": "R"}, 1), audit({"face": "R", "coat": "E2"}, 2)
    data = {
        "manifest_sha256": "ab" * 32,
        "regions": [one for one in new.data.regions if one.name in {"coat", "face", "hair"}],
        "n_read": 399,
    }
    model = {"grid": (3, 3), "target_layer": "layer4", "classes": ["doctor", "cat"], "preprocessing": {}}
    method = {"cam": "hirescam", "seed": 5, "confidence": 0.9}
    parts = (("data", data), ("model", model), ("method", method))
    other = new.model_copy(
        update={
            "protocol": None, **{name: getattr(new, name).model_copy(update=changes) for name, changes in parts}
        }
    )  # fmt: skip
    decided = {"face:gender:woman:nurse": Decided(words="waived, until 2027-01-01, by Ann: because", holds=True)}
    first, second = version(old, "biased", decided=decided), version(other, "balanced")
    paired = version(other, "balanced", comparisons=(comparison_of(first, second),))
    yield trace([first, paired], skipped=["x: passed over: no audit.json in it, nor one level below"])
    redacted = other.model_copy(update={"redaction": Redaction(public=True, hashed_ids=True, source_sha256="a" * 64)})
    yield trace([version(other, "v2"), version(redacted, "v3")])


def test_nothing_of_a_history_is_left_in_english(caplog: pytest.LogCaptureFixture) -> None:
    for history in histories():
        page = render_history(history, language="ja")
        assert caplog.messages == []
        assert '<html lang="ja">' in page
        names = {"x", "Ann", "because", "compare", "HiResCAM", *(one.name for one in history.versions)}.union(
            *(names_in(one.document) for one in history.versions)
        )
        assert latin_words((text for text in texts_of(page) if "…" not in text), names) == set()


def test_cut_labels_of_charts_are_translated_before_they_are_cut() -> None:
    catalogue = Catalogue({"{a}, share": "{a}の割合"}, names=["stethoscope & more"])
    page = '<text x="1"><title>stethoscope &amp; more, share</title>stetho…hare</text><text>12 %</text>'
    made = translate_page(page, catalogue, language="ja")
    assert made == '<text x="1"><title>stethoscope &amp; moreの割合</title>ste…の割合</text><text>12 %</text>'
    assert not catalogue.missing


def test_a_name_without_letters_ends_no_sentence() -> None:
    catalogue = Catalogue({"One (so).": "一。", "Two.": "二。"}, names=["."])
    assert catalogue.translate("One (so). Two.") == "一。二。"


def test_half_an_interval_is_no_figure() -> None:
    catalogue = Catalogue({"by {d:number}, {n:number} images": "画像{n}枚、{d}", "{a}, {b}": "{a}、{b}"})
    assert catalogue.translate("by 0.2 [0.1, 0.3], 90 images") == "画像90枚、0.2 [0.1, 0.3]"
    assert catalogue.find("[0.1, zorp 0.3]") is None


def test_a_given_gap_holds_what_the_data_name_and_nothing_else() -> None:
    phrases = {"{who:given} leans": "{who}は依存", "new": "新"}
    assert Catalogue(phrases, names=["old"]).find("old leans") == "oldは依存"
    assert Catalogue(phrases).find("new leans") is None


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        ("p = 0.85; q = 0.85, not flagged at 0.05; over all pairs at once p = 0.86 (gate mode)", "0.05で該当せず"),
        ("MAP 1.1, 2.1, 2.2, 2.3", "1.1, 2.1, 2.2, 2.3"),
        ("coat, image mean (core)", "平均色"),
    ],
)
def test_short_phrases_take_nothing_from_longer_ones(english: str, japanese: str, said: Catalogue) -> None:
    assert japanese in said.translate(english)
