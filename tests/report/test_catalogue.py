# ruff: noqa: RUF001 -- Japanese has signs of its own
from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.report import catalogue
from auditor.report.catalogue import Catalogue, check_language, list_languages, read_catalogue
from auditor.report.phrases import CLOSE, OPEN, fill_gaps, fold, is_neutral, read_phrase, squeeze
from auditor.report.translation import translate_page
from tests.report.hostile import NAMES

if TYPE_CHECKING:
    from pathlib import Path

SAID = {
    "Hiding {region} changes {n:number} of answers.": "{region}を隠すと答えの{n}が変わります。",
    "The model uses {named}.": "モデルは{named}を使用しています。",
    "The model uses {named} with {attribute}.": "モデルは{attribute}との関連で{named}を使用しています。",
    "{region} (declared core)": "{region}（核心として申告）",
    "{region} (with no declared role)": "{region}（役割の申告なし）",
    "Seen in {ways:list}.": "{ways}で見ました。",
    "{n:number} more": "ほか{n}件",
    "From {file:name}: {what}": "{file}から：{what}",
    "found": "認められた",
    "noise": "ノイズ",
    "mean": "平均",
    "Nothing was hidden.": "何も隠していません。",
    "{a} and no {a}": "{a}と非{a}",
    "See <1>page {n:number}</1>.": "<1>{n}ページ</1>を参照。",
}


def speak(*names: str, **phrases: str) -> Catalogue:
    return Catalogue({**SAID, **phrases}, names=names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("found", "認められた"),
        ("Found", None),  # no sentence begins with it in the catalogue
        ("nothing was hidden.", "何も隠していません。"),  # within a sentence
        ("Hiding hair changes 8.5 % [5.0 %, 12 %] of answers.", "hairを隠すと答えの8.5 % [5.0 %, 12 %]が変わります。"),
        ("Hiding hair changes some of answers.", None),  # no figure
        ("Hiding coats changes 3 % of answers.", None),  # neither a name nor a phrase
        ("Seen in noise.", "ノイズで見ました。"),
        ("Seen in noise, mean and 3 more.", "ノイズ、平均、ほか3件で見ました。"),
        ("Seen in noise, hair, and mean.", "ノイズ、hair、平均で見ました。"),
        ("Seen in noise and fog.", None),
        ("From any where: it: found", "any where: itから：認められた"),
        ("hair and no hair", "hairと非hair"),
        ("hair and no noise", None),
        ("0.18 SD [0.13, 0.22], p = 1e-05", "0.18 SD [0.13, 0.22], p = 1e-05"),
        ("  two\n spaces ", None),
        ("", ""),
    ],
)
def test_a_text_is_found_or_not(text: str, expected: str | None) -> None:
    assert speak("hair").find(text) == expected


def test_what_is_not_known_stays_and_is_told() -> None:
    said = speak("hair")
    text = "Nothing was hidden. Hiding fog changes 3 % of answers. Hiding hair changes 3 % of answers."
    assert said.translate(text) == (
        "何も隠していません。 Hiding fog changes 3 % of answers. hairを隠すと答えの3 %が変わります。".replace(
            "。 H", "。H"
        )
    )
    assert said.missing == {"Hiding fog changes 3 % of answers."}


def test_names_that_read_like_words_stay() -> None:
    said = speak("found", "noise", "Nothing was hidden.")
    assert said.find("found") == "found"
    assert said.find("Hiding noise changes 1 of answers.") == "noiseを隠すと答えの1が変わります。"
    assert said.translate("Nothing was hidden.") == "Nothing was hidden."
    assert speak("Mean").find("mean") == "平均"  # another name: capitals count


@pytest.mark.parametrize(
    "name", ["a with b", "x, y and z", "Dr. House", "hair (declared core)", "changes 3", "Seen in noise.", "n. p. q."]
)
def test_names_with_words_of_sentences_are_told_apart(name: str) -> None:
    said = speak(name, "gender")
    assert said.translate(f"The model uses {name} with gender.") == f"モデルはgenderとの関連で{name}を使用しています。"
    assert said.translate(f"The model uses gender with {name}.") == f"モデルは{name}との関連でgenderを使用しています。"
    assert said.translate(f"Seen in noise, {name} and mean.") == f"ノイズ、{name}、平均で見ました。"
    assert said.translate(f"Nothing was hidden. Hiding {name} changes 3 of answers. found") == (
        f"何も隠していません。{name}を隠すと答えの3が変わります。認められた"
    )
    assert not said.missing


def test_a_role_that_holds_a_word_of_the_sentence() -> None:
    said = speak("hair", "gender")
    assert said.translate("The model uses hair (with no declared role) with gender.") == (
        "モデルはgenderとの関連でhair（役割の申告なし）を使用しています。"
    )
    assert said.translate("The model uses hair (with no declared role).") == (
        "モデルはhair（役割の申告なし）を使用しています。"
    )


def test_braces_of_names_are_never_gaps() -> None:
    said = speak("{n}", "{0.__class__}")
    assert said.translate("Hiding {n} changes 3 of answers.") == "{n}を隠すと答えの3が変わります。"
    assert said.translate("The model uses {0.__class__}.") == "モデルは{0.__class__}を使用しています。"
    assert said.translate("The model uses {named}.") == "The model uses {named}."  # no sentence, but a key of ours


def test_spaces_that_must_not_break_stay() -> None:
    said = speak("hair")
    assert said.translate("Hiding hair changes 8.5\u00a0% of answers.") == "hairを隠すと答えの8.5\u00a0%が変わります。"
    assert said.translate("Hiding\u00a0hair changes\n 3 of answers.") == "hairを隠すと答えの3が変わります。"


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_as_they_are(name: str) -> None:
    said = speak(name)
    shown = squeeze(name)
    if shown:
        assert said.translate(f"The model uses {name}.") == f"モデルは{shown}を使用しています。"
        assert said.translate(name) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a with " * 400,
        "The model uses " + "with " * 300 + "x.",
        "Seen in " + "noise, " * 300 + "fog.",
        "Seen in " + "noise, " * 5000 + "mean.",
        "x. " * 500,
        "(" * 500,
        "The model uses " * 200,
        "{n:number} " * 200,
        "found with " * 150 + "found",
    ],
)
def test_no_text_holds_up_a_report(text: str) -> None:
    began = time.process_time()
    assert squeeze(speak("a").translate(text)) is not None
    assert time.process_time() - began < 20


def test_a_text_that_was_given_up_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    said = speak("hair")
    monkeypatch.setattr(catalogue, "_PATIENCE", 1)
    assert said.find("The model uses hair (declared core).") is None
    monkeypatch.undo()
    assert said.find("The model uses hair (declared core).") == "モデルはhair（核心として申告）を使用しています。"


def test_phrases_within_phrases_end() -> None:
    said = Catalogue({"not {what}": "非{what}", "so": "是"})
    assert said.find("not " * 20 + "so") == "非" * 20 + "是"
    assert said.find("not " * 2000 + "so") is None


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    said = speak("hair")
    assert said.translate(text) is not None
    if said.missing:
        assert said.missing <= {squeeze(text), *said.missing}


@pytest.mark.parametrize(
    ("key", "target", "why"),
    [
        ("{a} of {b}", "{a}", "same gaps"),
        ("of {a}", "{a}{b}", "same gaps"),
        ("<1>x</1> {a}", "{a}", "same gaps and tags"),
        ("of {a:nmae}", "{a}", "expected one of phrase, name, given, list, number"),
        ("{a}", "{a}", "words beside the gaps"),
        ("of {a", "{a}", "a brace that is no gap"),
    ],
)
def test_a_faulty_phrase_is_refused(key: str, target: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_phrase(key, target)


def test_kinds_in_the_translation_do_not_matter() -> None:
    said = Catalogue({"{n:number} images": "画像{n:number}枚", "a {{brace}}": "{{括弧}}", "{a} {{x}}": "{{y}} {a}"})
    assert said.find("3 images") == "画像3枚"
    assert said.find("a {brace}") == "{括弧}"
    assert said.find("3 {x}") == "{y} 3"


def test_a_gap_tries_every_end() -> None:
    one = read_phrase("{a} x {b} x {c}", "{c}{b}{a}")
    wanted = {"1 x 2", "3", "4 x 5"}
    assert fill_gaps(one, "1 x 2 x 3 x 4 x 5", lambda words, _: words if words in wanted else None) == "4 x 531 x 2"


def test_folding_keeps_the_length() -> None:
    text = "a\u00a0b\u202fc d"
    assert fold(text) == "a b c d"
    assert squeeze(" a \n\u00a0 b ") == "a \u00a0 b"
    assert not is_neutral("3 images")


def test_tags_stay_with_their_words() -> None:
    said = speak()
    page = '<p>See <a href="#x">page 3</a>.</p>'
    assert translate_page(page, said, language="ja") == '<p><a href="#x">3ページ</a>を参照。</p>'
    assert said.find(f"See {OPEN}1{CLOSE}page 3{OPEN}/1{CLOSE}.") == f"{OPEN}1{CLOSE}3ページ{OPEN}/1{CLOSE}を参照。"


@pytest.mark.parametrize("name", [f"{OPEN}9{CLOSE}", f"{OPEN}/1{CLOSE}", f"{OPEN}1{CLOSE}x", CLOSE])
def test_our_marks_in_a_name_do_no_harm(name: str) -> None:
    said = speak(name)
    for page in (f"<p>{name} <b>1</b></p>", f"<p>The model uses {name}.</p>", f'<p>See <a href="#x">{name}</a>.</p>'):
        assert name in translate_page(page, said, language="ja")


def write(folder: Path, **files: str) -> None:
    (folder / "languages" / "xx").mkdir(parents=True)
    for name, text in files.items():
        (folder / "languages" / "xx" / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_catalogues_are_read_as_text_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, one='"no": "いいえ"\n"2": !!python/name:os.system "二"\n', two='"yes": "はい"\n')
    monkeypatch.setattr(catalogue, "templates", lambda: tmp_path)
    said = read_catalogue("xx", names=["Rex"])
    assert [said.find(text) for text in ("no", "yes", "Rex", "2")] == ["いいえ", "はい", "Rex", "2"]


def test_a_sentence_stands_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, one='"no": "いいえ"\n', two='"no": "否"\n')
    monkeypatch.setattr(catalogue, "templates", lambda: tmp_path)
    with pytest.raises(UsageError, match=r"two\.yaml: 'no' stands in another file as well"):
        read_catalogue("xx")


def test_languages_are_known() -> None:
    assert list_languages()[0] == "en"
    with pytest.raises(UsageError, match="no reports in 'jp'"):
        check_language("jp")
    with pytest.raises(UsageError, match="no reports in 'xy'"):
        read_catalogue("xy")
