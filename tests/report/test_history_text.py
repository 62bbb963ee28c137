"""A history in the terminal: word for word for the demo, 80 columns at most whatever it holds, caps that are said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from auditor.analysis.history import trace
from auditor.documents.document import Redaction
from auditor.documents.histories import Decided
from auditor.report.estimates import Estimates
from auditor.report.history_rates import rates
from auditor.report.history_text import AUDITS, LONGEST, tell_history
from auditor.report.monospace import cells, fit, pad, scale, whisker
from auditor.result import read_document
from tests.comparing.histories import DEMO, audit, comparison_of, series, version
from tests.report.hostile import NAMES
from tests.report.laddered import finding

if TYPE_CHECKING:
    from auditor.documents.histories import History, Version

GOLDEN = """\
2 audits, oldest first

  no.  audit     made              model         images
    1  biased    2026-01-01 00:00  2a1afd1852       400
    2  balanced  2026-02-01 00:00  72353efcc1       400

Answered right: all images (o) and the worst group (x), with intervals
       20 %     40 %      60 %       80 %     100 %
    1                              |-o-|             77 % [72–80] n 400
                 |------x-----|                      51 % [39–63] n 100
       worst: nurse, man
    2                                   |-o-|        86 % [82–89] n 400
                                  |-----x---|        81 % [70–89] n 100
       worst: doctor, woman

Findings: level of evidence in each audit

                                                   1     2
  face · gender: woman against man (protected)    E4     I?
  hair · gender: woman against man (protected)    E4     I?
  stethoscope · gender: woman against man (core)  E2     I~
  coat · gender: woman against man (core)          I     I
  contrast of the picture                          R     I~
  brightness of the picture                        R     R
  colourfulness of the picture                     R     R
  red against blue of the picture                  R     R
  green against purple of the picture              R     R
  sharpness of the picture                         –     –
  JPEG quality of the picture                      –     –

  E4 uses and hurts; E2 looks, no use shown; I inconclusive; R ruled out above
  the margin; – not evaluated
  ? use was found before and is now neither found nor ruled out
  ~ another level

Effects, where use was found in some audit or a level changed: the smallest of
those that must agree

  face · gender: woman against man (protected)
    1  E4    shift between the groups +0.18 SD [+0.13 SD, +0.22 SD], n = 200
    2   I?   shift between the groups +0.01 SD [−0.04 SD, +0.05 SD], n = 200

  hair · gender: woman against man (protected)
    1  E4    shift between the groups +0.37 SD [+0.30 SD, +0.44 SD], n = 191
    2   I?   shift between the groups −0.05 SD [−0.11 SD, +0.01 SD], n = 191

  stethoscope · gender: woman against man (core)
    1  E2    shift between the groups +0.05 SD [−0.06 SD, +0.15 SD], n = 91
    2   I~   shift between the groups +0.09 SD [−0.05 SD, +0.24 SD], n = 91

  contrast of the picture
    1   R    evidence moved by the property +0.02 SD [0.00 SD, +0.03 SD],
             n = 200
    2   I~   evidence moved by the property −0.04 SD [−0.06 SD, −0.01 SD],
             n = 200

  7 other findings kept their levels, with no use found.

Steps
  1 → 2
     face · gender: woman against man: E4 → I: use was found before and is now
       neither found nor ruled out
     hair · gender: woman against man: E4 → I: use was found before and is now
       neither found nor ruled out
     stethoscope · gender: woman against man: E2 → I: another level
     contrast of the picture: R → I: another level

A row of estimates is no test. Intervals of two audits of the same images are
not independent, so whether they overlap tells little; a level can also change
because an interval crossed a margin by a hair. `auditor compare` measures the
paired difference, image by image, with its interval."""


def demo() -> History:
    days = {"biased": "2026-01-01T00:00:00Z", "balanced": "2026-02-01T00:00:00Z"}
    made = [read_document(DEMO / name).model_copy(update={"created": day}) for name, day in days.items()]
    return trace([version(one, name) for one, name in zip(made, days, strict=True)])


def many(audits: int, findings: int) -> History:
    made = []
    for day in range(audits):
        found = [
            finding(("E3", "R", "I", "E2")[(day // 3 + k) % 4], audit({}), region=f"region {k}", fingerprint=f"f{k}",
                    examples=[], attribute="gender" if k % 2 else None)
            for k in range(findings)
        ]  # fmt: skip
        document = audit({}, created=f"2026-{1 + day // 28:02}-{1 + day % 28:02}T00:00:00Z", findings=found)
        made.append(version(document, f"release candidate {day}"))
    return trace(made)


def widest(text: str) -> int:
    return max(map(cells, text.splitlines()))


def test_the_demo_is_told_word_for_word() -> None:
    assert tell_history(demo()) == GOLDEN


@pytest.mark.parametrize(("audits", "findings"), [(1, 0), (1, 1), (1, 30), (2, 40), (7, 30), (50, 30)])
@pytest.mark.parametrize("width", [10, 80, 100, 400])
def test_no_line_is_wider_than_the_terminal(audits: int, findings: int, width: int) -> None:
    text = tell_history(many(audits, findings), width=width)
    assert widest(text) <= min(max(width, 80), 160)
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_what_is_left_out_is_counted() -> None:
    text = tell_history(many(50, 40))
    assert f"Told of here: the last {AUDITS}. All are in the HTML page" in text
    assert "\n   31  release candidate 30" in text
    assert "\n   30  " not in text
    assert "10 more findings, in the HTML page (--out FILE.html)" in text
    assert "28 more such findings, in the HTML page" in text
    assert f"{50 - LONGEST} earlier audits: in the HTML page" in text
    assert "49 → 50" in text
    assert "30 → 31" not in text


def test_every_audit_stands_in_some_block_of_levels() -> None:
    text = tell_history(many(9, 2))
    block = text[text.index("Findings: level") : text.index("Effects, where")]
    heads = [line.split() for line in block.splitlines() if re.fullmatch(r"[ \d]+", line) and line.strip()]
    assert [int(one) for line in heads for one in line] == list(range(1, 10))
    assert len(heads) > 1


def test_one_audit_has_nothing_to_compare_yet() -> None:
    text = tell_history(trace(series({"face": "E3"})))
    assert text.startswith("One audit: nothing to compare yet.")
    assert "Steps" not in text
    assert "auditor compare" not in text
    assert re.search(r"face .* E3\n", text)


def test_what_was_not_evaluated_is_not_said_to_be_absent() -> None:
    bare = version(audit({}, 2, protocol=None), "v2")
    text = tell_history(trace([*series({"face": "E3"}), bare]))
    assert "  2   –    nothing was hidden in this audit" in text
    assert "! nothing was hidden in the later audit: whether a region is used was not\n" in text
    assert "use was found before" not in text
    nothing = tell_history(trace([bare]))
    assert "no audit has findings: nothing was hidden in any" in nothing


def test_more_than_the_model_changed_is_said_at_the_step_and_at_the_level() -> None:
    first, second = audit({"face": "E3"}, 1), audit({"face": "R"}, 2)
    data = second.data.model_copy(update={"manifest_sha256": "ab" * 32})
    tool = second.tool.model_copy(update={"version": "9"})
    history = trace([version(first), version(second.model_copy(update={"data": data, "tool": tool}))])
    text = re.sub(r"\s+", " ", tell_history(history))
    assert "R-*" in text
    assert "* more than the model changed: see below" in text
    assert "! other images, or other annotations of them (manifest" in text
    assert "! the tool: auditor 0.1.0, then auditor 9" in text
    assert "not on the same images: whether model or images did this is not told; also changed: tool version" in text


def test_the_same_model_is_not_blamed() -> None:
    first = audit({"face": "E3"}, 1)
    again = first.model_copy(update={"findings": audit({"face": "R"}).findings, "created": "2026-03-09T00:00:00Z"})
    text = re.sub(r"\s+", " ", tell_history(trace([version(first), version(again)])))
    assert "the same model: what changed is not its doing" in text
    assert "ruled out above the margin now; the model is the same: this is not its doing" in text


def test_quiet_steps_are_named_together() -> None:
    text = tell_history(trace(series(*[{"face": "R"}] * 4)))
    assert "  No level changed, with the same images and settings: 1 → 2, 2 → 3, 3 → 4.\n" in text


def test_what_a_comparison_says_is_told() -> None:
    first, second = series({"face": "E4"}, {"face": "I"})
    made = comparison_of(first, second)
    second = version(second.document, second.name, comparisons=(made,))
    text = re.sub(r"\s+", " ", tell_history(trace([first, second])))
    verdict = made.pairs[0].verdict
    assert f"compared pair by pair: {verdict.leaning}. {verdict.headline}" in text
    assert f"compared pair by pair: candidate leans less. {made.pairs[0].cues[0].sentence}" in text


def test_decisions_stand_with_their_audit() -> None:
    (one,) = series({"face": "E3"})
    decided = {"face:gender:woman:nurse": Decided(words="waived, until 2027-01-01, by A: b\nc", holds=True)}
    text = tell_history(trace([version(one.document, decided=decided)]))
    assert " " * 13 + "waived, until 2027-01-01, by A: b c" in text


def hostile_version(name: str, day: int) -> Version:
    document = audit({"face": "E3"}, day)
    found = [finding("E3", document, region=one, attribute=one, fingerprint=one, subgroup=one, examples=[])
             for one in NAMES]  # fmt: skip
    return version(document.model_copy(update={"findings": found, "title": name}), name)


def test_hostile_names_keep_to_their_lines() -> None:
    made = [hostile_version(name, day) for day, name in enumerate(NAMES, start=1)]
    text = tell_history(trace(made))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert widest(text) <= 80


def test_numbers_that_were_left_out_are_said_to_be() -> None:
    document = audit({"face": "E3"})
    note = Redaction(source_sha256="ab" * 32, public=True, hashed_ids=True)
    bare = [
        one.model_copy(update={"rungs": [rung.model_copy(update={"estimates": []}) for rung in one.rungs]})
        for one in document.findings
    ]
    kept = [row for row in document.estimates if row.statistic == "accuracy" and row.label is None]
    made = document.model_copy(update={"redaction": note, "findings": bare, "estimates": kept})
    text = tell_history(trace([version(made)]))
    assert re.search(r"    1  E3    left out$", text)
    assert rates(version(made)).worst.text == "left out"


def test_the_worst_group_is_the_one_with_the_fewest_right_answers() -> None:
    document = read_document(DEMO / "biased")
    cells_of = [row for row in Estimates(document).of("accuracy") if row.label and row.attribute]
    worst = min(cells_of, key=lambda row: row.value or 0)
    told = rates(version(document))
    assert told.worst.value == worst.value
    assert told.group == f"{worst.label}, {worst.subgroup}"


def test_an_audit_without_rates_is_told_without() -> None:
    text = tell_history(trace([version(audit({"face": "R"}, estimates=[]))]))
    assert "Answered right: all images (o) and the worst group (x), with intervals\n  not measured\n" in text


def test_texts_are_measured_cut_and_filled_by_columns() -> None:
    assert [cells(text) for text in ("", "abc", "看護", "e\u0301", "a\u200bb")] == [0, 3, 4, 1, 2]
    assert fit("看護師", 5) == "看護…"
    assert fit("看護師", 6) == "看護師"
    assert cells(pad("看", 5)) == 5
    assert pad("long", 2) == "long"


@pytest.mark.parametrize("room", [30, 44, 90])
def test_intervals_are_drawn_where_the_scale_says(room: int) -> None:
    told = rates(demo().versions[0])
    low, high, ruler = scale([told.overall, told.worst], room)
    assert low <= (told.worst.low or 0) < (told.overall.high or 1) <= high
    assert len(ruler) <= room
    drawn = whisker(told.worst, (low, high), room=room, mark="x")
    assert len(drawn) == room
    at = [drawn.index("|"), drawn.index("x"), drawn.rindex("|")]
    wanted = [
        ((end or 0) - low) / (high - low) * (room - 1) for end in (told.worst.low, told.worst.value, told.worst.high)
    ]
    assert at == [round(one) for one in wanted]
