"""Audits found in folders: which are taken, what they are called, what is passed over, what may be shown of them."""

from __future__ import annotations

import json
import re
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import auditor
from auditor.cli import main
from auditor.documents.document import Asked, PolicyLock
from auditor.documents.signoff import find_today
from auditor.errors import DataError, RenderError, UsageError
from auditor.publishing.filing import sign
from auditor.report.history_text import tell_history
from auditor.result import read_document
from tests.comparing.histories import DEMO, audit, comparison_of, put, redate, version
from tests.processes import run_python

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.document import Document


def invoke(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["history", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The demo's audits under dates of their own, the later one first by name."""
    redate(DEMO / "biased", tmp_path / "runs" / "b-first", created="2026-01-01T00:00:00Z")
    redate(DEMO / "balanced", tmp_path / "runs" / "a-second", created="2026-02-01T00:00:00Z")
    return tmp_path / "runs"


def names(*folders: object) -> list[str]:
    return [one.name for one in auditor.history(*map(str, folders)).versions]


def test_the_demo_is_followed_from_one_audit_to_the_other(runs: Path) -> None:
    history = auditor.history(runs / "a-second", runs / "b-first")
    assert [one.name for one in history.versions] == ["b-first", "a-second"]
    assert history.steps[0].differences == ()
    told = {(row.region, row.attribute): [cell.turn for cell in row.cells] for row in history.rows}
    assert told["face", "gender"] == told["hair", "gender"] == ["first", "no longer shown"]
    assert told["(jpeg_quality)", None] == ["not evaluated", "not evaluated"]
    assert len(told) == len(read_document(DEMO / "biased").findings)


def test_a_folder_of_audits_a_folder_and_a_file_may_be_named(runs: Path) -> None:
    assert names(runs) == ["b-first", "a-second"]
    assert names(runs / "b-first" / "audit.json", runs / "a-second") == ["b-first", "a-second"]


def test_the_same_folder_is_taken_once(runs: Path) -> None:
    assert names(runs, runs / "b-first", runs / ".." / "runs" / "b-first") == ["b-first", "a-second"]


def test_folders_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    for day, where in enumerate(("x/run/out", "y/run/out", "z/other"), start=1):
        put(audit({"face": "E3"}, day), tmp_path / where)
    assert names(tmp_path / "x/run", tmp_path / "y/run", tmp_path / "z") == ["x/run/out", "y/run/out", "other"]


def test_two_versions_in_one_folder_are_told_apart(runs: Path) -> None:
    folder = runs / "b-first"
    (folder / "old.json").write_bytes((folder / "audit.json").read_bytes())
    assert names(folder, folder / "old.json") == ["audit.json", "old.json"]


def test_what_is_no_audit_is_passed_over_with_a_line_each(runs: Path, tmp_path: Path) -> None:
    (runs / "empty").mkdir()
    (runs / "broken").mkdir()
    (runs / "broken" / "audit.json").write_text("{", encoding="utf-8")
    (runs / "notes.txt").write_text("x", encoding="utf-8")
    code, out, err = invoke(*sorted(runs.iterdir()), tmp_path / "runs" / "empty")
    assert code == 0
    assert "b-first" in out
    lines = err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("note: ") for line in lines)
    assert sum("no audit.json in it" in line for line in lines) == 2
    assert sum("is not an audit of this version" in line for line in lines) == 1
    assert sum("notes.txt: expected a folder" in line for line in lines) == 1


def test_nothing_left_is_refused_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"(?s)expected folders with an audit.json.*empty: passed over"):
        auditor.history(tmp_path / "empty")
    code, out, err = invoke(tmp_path / "empty")
    assert (code, out) == (3, "")
    assert err.startswith("auditor: no audit to show")


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such file or folder"):
        auditor.history(tmp_path / "nowhere")
    assert invoke(tmp_path / "nowhere")[0] == 2
    with pytest.raises(UsageError, match="no audits: name the folders"):
        auditor.history()
    assert invoke()[0] == 2


def test_one_audit_works(runs: Path) -> None:
    code, out, err = invoke(runs / "b-first")
    assert (code, err) == (0, "")
    assert out.startswith("One audit: nothing to compare yet.\n")
    assert "Steps" not in out


def test_nothing_is_written_without_out_and_one_file_with_it(runs: Path) -> None:
    before = sorted(runs.rglob("*"))
    invoke(runs)
    assert sorted(runs.rglob("*")) == before
    code, out, _ = invoke(runs, "--out", runs / "history.html")
    assert code == 0
    assert out.splitlines()[-1] == str(runs / "history.html")
    assert sorted(runs.rglob("*")) == sorted([*before, runs / "history.html"])
    page = (runs / "history.html").read_bytes()
    invoke(runs, "--out", runs / "history.html")
    assert (runs / "history.html").read_bytes() == page
    assert b"/runs/" not in page  # no way of the machine


def test_the_page_is_written_in_the_language_asked_for(runs: Path) -> None:
    page = runs / "history.html"
    assert invoke(runs, "--out", page, "--lang", "ja")[0] == 0
    assert '<html lang="ja">' in page.read_text(encoding="utf-8")
    code, _, said = invoke(runs, "--out", page, "--lang", "jp")
    assert (code, "no reports in 'jp'; nearest: 'ja'" in said) == (2, True)


def test_a_file_that_cannot_be_written_is_said(runs: Path) -> None:
    with pytest.raises(RenderError, match="the history cannot be written"):
        auditor.history(runs, out=runs / "nowhere" / "history.html")
    assert invoke(runs, "--out", runs / "nowhere" / "history.html")[0] == 5


def test_decisions_are_told_and_expire(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = (date.fromisoformat(find_today()) + timedelta(days=3)).isoformat()
    said: dict[str, Any] = {"disposition": "accept", "reason": "shown to users", "owner": "A. B.", "expires": gone}
    sign(runs / "b-first", "face:gender:woman:nurse", **said)
    first = auditor.history(runs).versions[0].decided["face:gender:woman:nurse"]
    assert first.holds
    assert first.words == f"signed off: accepted, until {gone}, by A. B.: shown to users"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "4102444800")
    later = auditor.history(runs).versions[0].decided["face:gender:woman:nurse"]
    assert not later.holds
    assert later.words.startswith("signed off: accepted, expired, until ")


POLICY = """[[rule]]
region = "face"
max_level = "E1"
unless = "waived"
[[waiver]]
finding = "face:gender:woman:nurse"
reason = "known"
owner = "C. D."
expires = "{day}"
"""


def locked(day: str, **changes: Any) -> Document:
    text = POLICY.format(day=day)
    lock = PolicyLock(name="p.toml", sha256="ab" * 32, locked_at="2026-01-01T00:00:00Z", rules=[], text=text)
    return read_document(DEMO / "biased").model_copy(update={"policy": lock, **changes})


@pytest.mark.parametrize(("day", "state"), [("2999-01-01", "waived"), ("2001-01-01", "waiver expired")])
def test_waivers_of_the_locked_policy_are_told(tmp_path: Path, day: str, state: str) -> None:
    found = auditor.history(put(locked(day), tmp_path / "a")).versions[0].decided["face:gender:woman:nurse"]
    assert found.words == f"{state}, until {day}, by C. D.: known"
    assert found.holds == (state == "waived")


def test_a_policy_of_another_version_is_no_hindrance(tmp_path: Path) -> None:
    document = locked("2999-01-01")
    lock = document.policy
    assert lock is not None
    folder = put(document.model_copy(update={"policy": lock.model_copy(update={"text": "[x"})}), tmp_path / "a")
    assert auditor.history(folder).versions[0].decided == {}


def test_an_audit_whose_plan_asks_for_the_public_version_is_shown_in_that(tmp_path: Path) -> None:
    document = locked("2999-01-01", report=Asked(public=True))
    few = document.model_copy(update={"data": document.data.model_copy(update={"labels": {"doctor": 397, "nurse": 3}})})
    folder = put(few, tmp_path / "public")
    sign(folder, "hair:gender:woman:nurse", disposition="accept", reason="secret reason", owner="Secret Owner")
    plain = put(document.model_copy(update={"report": Asked()}), tmp_path / "plain")
    history = auditor.history(folder, plain, out=tmp_path / "h.html")
    shown = history.versions[0].document
    assert shown.redaction is not None
    assert shown.redaction.public
    page = (tmp_path / "h.html").read_text(encoding="utf-8")
    assert "Secret Owner" not in page + tell_history(history)
    assert "secret reason" not in page + tell_history(history)
    assert "of the earlier audit only a version with parts left out is shown" in page
    assert history.versions[0].decided["face:gender:woman:nurse"].words == "waived, until 2999-01-01"
    assert sorted(path.name for path in folder.iterdir()) == ["audit.json", "sign-off.json"]  # no salt is kept


def test_a_comparison_of_audits_that_are_there_is_no_version(tmp_path: Path) -> None:
    first, second = (version(audit({"face": level}, day), f"v{day}") for day, level in ((1, "E4"), (2, "R")))
    made = comparison_of(first, second)
    for one in (first, second):
        put(one.document, tmp_path / one.name)
    put(second.document.model_copy(update={"comparison": made}), tmp_path / "v1-v2")
    history = auditor.history(tmp_path)
    assert [one.name for one in history.versions] == ["v1", "v2"]
    assert history.skipped[0].endswith("v1-v2: a comparison of audits that are here: no version of its own")
    assert history.steps[0].verdict == made.pairs[0].verdict
    alone = auditor.history(tmp_path / "v1", tmp_path / "v1-v2")
    assert [one.name for one in alone.versions] == ["v1", "v1-v2"]
    assert alone.steps[0].verdict == made.pairs[0].verdict


def test_of_a_plan_with_several_models_their_audits_are_taken(tmp_path: Path) -> None:
    out = tmp_path / "reports" / "out"
    zeta, alpha = (version(audit({"face": "E3"}, day), name) for day, name in ((1, "zeta"), (2, "alpha")))
    for one in (zeta, alpha):
        put(one.document, out / one.name)
    put(alpha.document.model_copy(update={"comparison": comparison_of(zeta, alpha)}), out)
    put(audit({"face": "E3"}, 3), out / "old")  # of no model of the comparison
    for folder in (out, out.parent):
        history = auditor.history(folder)
        assert [one.name for one in history.versions] == ["zeta", "alpha"]
        assert history.skipped == (f"{out}: a comparison of audits that are here: no version of its own",)
    assert names(out / "audit.json") == ["out"]


def test_models_of_one_plan_stand_in_its_order_where_their_dates_do_not_tell(tmp_path: Path) -> None:
    zeta, alpha = (version(audit({"face": "E3"}, 1, title=name), name) for name in ("zeta", "alpha"))
    for one in (zeta, alpha):
        put(one.document, tmp_path / one.name)
    put(alpha.document.model_copy(update={"comparison": comparison_of(zeta, alpha)}), tmp_path)
    assert names(tmp_path) == ["zeta", "alpha"]


def test_folders_below_an_audit_or_a_faulty_one_are_left_alone(tmp_path: Path) -> None:
    put(audit({"face": "E3"}, 1), tmp_path / "a")
    put(audit({"face": "E3"}, 2), tmp_path / "a" / "older")
    assert names(tmp_path / "a") == ["a"]
    (tmp_path / "b" / "c").mkdir(parents=True)
    for folder in ("b", "b/c"):
        (tmp_path / folder / "audit.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="is not an audit of this version"):
        auditor.history(tmp_path / "b")


def test_identical_audits_are_told_to_be_so(tmp_path: Path) -> None:
    for where in "ab":
        put(audit({"face": "E3"}), tmp_path / where)
    history = auditor.history(tmp_path)
    assert history.steps[0].same_audit
    assert "the very same audit.json" in tell_history(history)


def test_pictures_are_not_kept(runs: Path) -> None:
    document = auditor.history(runs).versions[0].document
    assert document.mean_maps == []
    assert document.examples.items == []
    assert all(not finding.examples for finding in document.findings)


def test_a_history_needs_no_torch(runs: Path) -> None:
    code = f"import auditor; print(len(auditor.history({str(runs)!r}).versions))"
    assert run_python(code, missing=("torch", "torchvision")) == "2\n"


def test_the_terminal_is_plain_and_80_columns_wide(runs: Path) -> None:
    _, out, _ = invoke(runs)
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert re.search(r"face · gender: woman against man \(protected\) +E4 +I\?", out)


def test_an_odd_name_of_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("such names cannot be")
    put(audit({"face": "E3"}, 1), tmp_path / "a\nb\x1b[31m<b>red")
    code, out, _ = invoke(tmp_path, "--out", tmp_path / "h.html")
    assert code == 0
    assert "\x1b" not in out
    assert "<b>red" not in (tmp_path / "h.html").read_text(encoding="utf-8")


def test_earlier_schemas_are_read(tmp_path: Path) -> None:
    values = json.loads((DEMO / "biased" / "audit.json").read_text(encoding="utf-8"))
    for key in ("comparison", "policy"):
        values.pop(key, None)
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "audit.json").write_text(json.dumps({**values, "schema_version": "1.2"}), encoding="utf-8")
    assert names(folder) == ["old"]
