"""Comparing audits from folders and results: what comes back, what is saved, and what is refused in one line."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import auditor
from auditor import testing
from auditor.analysis.compilation import recall
from auditor.analysis.estimates import estimate
from auditor.analysis.protocol import follow_protocol
from auditor.analysis.rungs import as_estimates
from auditor.commands.comparing import _tell
from auditor.comparing.comparison import _tables, check_free, default_folder
from auditor.comparing.contenders import name_models
from auditor.documents.document import Redaction
from auditor.errors import AuditorError, DataError, UsageError
from auditor.plans.plan import Audit
from auditor.result import hash_audit, read_document, write_document
from tests.test_pipeline import PLAN

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.comparisons import Comparison


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model audited twice with other seeds, and once on other pictures: old, new, other."""
    place = tmp_path_factory.mktemp("audits")
    for name, seed in (("planted", 3), ("elsewhere", 4)):
        testing.plant(place / name, count=48, seed=seed)
        (place / name / "audit.toml").write_text(PLAN, encoding="utf-8")
    for name, data, seed in (("old", "planted", 0), ("new", "planted", 1), ("other", "elsewhere", 0)):
        bare = {"interventions.images": 0} if name == "other" else {}
        plan = Audit.from_toml(place / data / "audit.toml", overrides={"audit.seed": seed, **bare})
        auditor.run(plan, out=place / name)
    return place


@pytest.fixture(scope="module")
def compared(audits: Path) -> Path:
    auditor.compare(audits / "old", audits / "new", out=audits / "compared")
    return audits / "compared"


def test_a_comparison_is_the_last_candidates_audit_with_more(audits: Path) -> None:
    before = auditor.load(audits / "new")
    steps: list[tuple[int, int, str]] = []
    result = auditor.compare(audits / "old", audits / "new", progress=lambda *step: steps.append(step))
    found = result.document.comparison
    assert found is not None
    assert result.folder is None
    assert result.document.model_copy(update={"comparison": None}) == before.document.model_copy(
        update={"schema_version": result.document.schema_version}
    )
    assert result.images.equals(before.images)
    assert [model.name for model in found.models] == ["old", "new"]
    assert found.baseline == "old"
    assert (found.matching.n, found.matching.only) == (48, {"old": 0, "new": 0})
    assert [pair.candidate for pair in found.pairs] == ["new"]
    assert found.ranking == []
    assert [step[:2] for step in steps] == [(k, 4) for k in range(5)]
    digest = hashlib.sha256((audits / "old" / "audit.json").read_bytes()).hexdigest()
    assert found.models[0].audit_sha256 == digest


def test_a_saved_audit_hands_the_statistics_what_the_run_did(audits: Path) -> None:
    """`recall` has no header of the run: all that it hands on comes from audit.json."""
    result = auditor.load(audits / "old")
    evidence = recall(result.document, _tables(result))
    estimates = estimate(evidence)
    findings, protocol = follow_protocol(evidence, estimates)
    assert as_estimates(estimates) == result.document.estimates
    assert findings == result.document.findings
    assert protocol == result.document.protocol


def test_one_model_leans_on_nothing_less_than_itself(compared: Path) -> None:
    found = read_document(compared).comparison
    assert found is not None
    (pair,) = found.pairs
    assert pair.verdict.leaning in {"alike", "cannot tell"}
    assert pair.verdict.cautions[0].startswith("Both audits are of the same weights")
    assert pair.n_disagree["only the baseline is right"] == pair.n_disagree["only the candidate is right"] == 0
    assert pair.examples == []
    (accuracy, *_) = [one for one in pair.changes if one.change.statistic == "accuracy"]
    assert accuracy.change.value == 0.0
    assert all(one.baseline == one.candidate for one in pair.maps)
    assert {(one.label, one.subgroup) for one in pair.maps} > {("red", None), ("green", "north")}


def timeless(found: Comparison | None) -> Comparison:
    """A comparison without the time at which it was made."""
    assert found is not None
    return found.model_copy(update={"made": ""})


def test_a_saved_comparison_is_loaded_and_the_same_again(audits: Path, compared: Path, tmp_path: Path) -> None:
    assert auditor.load(compared).document == read_document(compared)
    assert {path.name for path in compared.iterdir()} == {"audit.json", "tables"}
    auditor.compare(audits / "old", audits / "new", out=tmp_path / "again")
    first, again = (timeless(read_document(folder).comparison) for folder in (compared, tmp_path / "again"))
    assert again == first
    assert auditor.load(tmp_path / "again").images_folder == (audits / "planted" / "photos").resolve()


def test_results_are_compared_like_folders(audits: Path, compared: Path) -> None:
    loaded = [auditor.load(audits / name) for name in ("old", "new")]
    before = read_document(compared).comparison
    assert timeless(auditor.compare(*loaded).document.comparison) == timeless(before)
    assert before is not None
    assert before.made >= before.models[-1].created
    adrift = [replace(one, folder=None) for one in loaded]
    found = auditor.compare(*adrift).document.comparison
    assert found is not None
    assert [model.name for model in found.models] == ["baseline", "candidate"]


def test_models_are_called_as_asked_for(audits: Path) -> None:
    found = auditor.compare(audits / "old", audits / "new", names=["v 1", "v  2"]).document.comparison
    assert found is not None
    assert [found.baseline, found.pairs[0].candidate] == ["v 1", "v 2"]
    assert found.pairs[0].verdict.headline.count("v 1") >= 1


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (["a/one", "b/two"], ["one", "two"]), (["a/net", "b/net"], ["a/net", "b/net"]),
        (["x/a/net", "y/a/net"], ["baseline", "candidate"]),
        (["x/a/net", "y/a/net", "z/a/net"], ["baseline", "candidate 1", "candidate 2"]),
    ],
)  # fmt: skip
def test_folders_name_models_as_far_as_they_tell_them_apart(
    tmp_path: Path, folders: list[str], names: list[str]
) -> None:
    assert name_models([tmp_path / folder for folder in folders]) == names


def test_a_plan_of_several_models_names_them(audits: Path) -> None:
    loaded = auditor.load(audits / "old")
    plan = {**loaded.document.plan, "model": {"name": "strong"}}
    named = replace(loaded, document=loaded.document.model_copy(update={"plan": plan}))
    assert name_models([named, audits / "new"]) == ["strong", "new"]


def test_a_comparison_goes_where_its_models_names_say() -> None:
    assert default_folder(["old", "new"]).as_posix() == "reports/old-vs-new"
    assert default_folder(["../../x", "", "a b"]).as_posix() == "reports/x-vs-model-vs-a-b"


def test_what_cannot_be_compared_is_refused_in_one_line(audits: Path, compared: Path, tmp_path: Path) -> None:
    bare, undone, redacted = (tmp_path / name for name in ("bare", "undone", "redacted"))
    for folder in (bare, undone / "records", redacted):
        folder.mkdir(parents=True)
    shutil.copy(audits / "new" / "audit.json", bare)
    shutil.copy(audits / "new" / "records" / "run.json", undone / "records")
    derived = Redaction(source_sha256="0" * 64, public=True, hashed_ids=True)
    write_document(read_document(audits / "new").model_copy(update={"redaction": derived}), redacted)
    cases: list[tuple[Any, type[AuditorError], str]] = [
        (compared, DataError, "is itself a comparison (of 'old' and 'new'); name the audits that it compares"),
        (redacted, DataError, "is a redacted version"),
        (bare, DataError, "has an audit.json, but neither records/ nor tables/"),
        (undone, DataError, "its run is not finished; `auditor run PLAN --out"),
        (tmp_path / "nowhere", DataError, "no such folder"),
        (audits, DataError, "holds no audit.json; there are audits in it: compared, new, old, other"),
        (audits / "planted" / "audit.toml", DataError, "is a file, and no audit.json"),
        (audits / "old", UsageError, "is given twice"),
        (audits / "old" / "audit.json", UsageError, "are the same audit (SHA-256"),
        (audits / "other", DataError, ""),
    ]
    for given, error, text in cases:
        with pytest.raises(error) as caught:
            auditor.compare(audits / "old", given, out=tmp_path / "out")
        assert text in str(caught.value)
        assert "\n" not in str(caught.value), caught.value
        assert not (tmp_path / "out").exists()


def test_an_audit_of_in_memory_results_is_refused_as_well(audits: Path, compared: Path) -> None:
    with pytest.raises(DataError, match="is itself a comparison"):
        auditor.compare(auditor.load(audits / "old"), auditor.load(compared), names=["a", "b"])
    loaded = auditor.load(audits / "old")
    with pytest.raises(UsageError, match="are the same audit"):
        auditor.compare(loaded, loaded, names=["a", "b"])


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "expected 2, one for each audit in their order; found 1"),
        (["a", "A"], "expected another name for each model, found 'a' twice"),
        (["a", " "], "expected 1 to 64 printable letters, found ''"),
        (["a", "b" * 65], "expected 1 to 64 printable letters"),
    ],
)
def test_names_that_cannot_be_used_are_refused(audits: Path, names: list[str], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        auditor.compare(audits / "old", audits / "new", names=names)


def test_a_folder_that_holds_something_is_left_alone(audits: Path, compared: Path, tmp_path: Path) -> None:
    given = (audits / "old", audits / "new")
    for out, text in (
        (compared, "exists; choose another --out, or --force"), (audits / "old", "is one of the audits"),
        (audits / "other", "holds an audit"), (audits / "planted" / "audit.toml", "is a file"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=text):
            check_free(out, given)
    for out in (audits / "old", audits / "other"):
        with pytest.raises(UsageError, match=r"choose another --out"):
            check_free(out, given, force=True)
    check_free(compared, given, force=True)
    check_free(tmp_path / "new", given)
    (tmp_path / "old").mkdir()
    check_free(tmp_path / "old", given)


@pytest.mark.parametrize("force", [True, False])
def test_a_folder_without_a_comparison_is_left_alone(audits: Path, tmp_path: Path, *, force: bool) -> None:
    for name in ("csv/mine.csv", "csv/findings.csv", "summary.md"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"exists, and holds no comparison.*; choose another --out$"):
        auditor.compare(audits / "old", audits / "new", out=tmp_path / "out", force=force)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()] == ["mine"] * 3


def test_an_earlier_comparison_is_replaced_and_nothing_else_is(audits: Path, compared: Path, tmp_path: Path) -> None:
    out = shutil.copytree(compared, tmp_path / "out")
    (out / "csv").mkdir(exist_ok=True)
    for name in ("report.html", "gate.xml", "mine.txt", "csv/cues.csv", "csv/mine.csv"):
        (out / name).write_text("x", encoding="utf-8")
    auditor.compare(audits / "new", audits / "old", out=out, force=True)
    assert {path.name for path in out.iterdir()} == {"audit.json", "csv", "tables", "mine.txt"}
    assert [path.name for path in (out / "csv").iterdir()] == ["mine.csv"]
    found = read_document(out).comparison
    assert found is not None
    assert found.baseline == "new"


def test_a_comparison_that_says_the_same_again_stays_as_it_was(audits: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    audit = out / "audit.json"
    auditor.compare(audits / "old", audits / "new", out=out)
    audit.write_bytes(re.sub(rb'"made": "20\d\d', b'"made": "2001', audit.read_bytes()))
    for name in ("report.pdf", "report.html", "gate.md"):
        (out / name).write_bytes(b"x")
    before = audit.read_bytes()
    result = auditor.compare(audits / "old", audits / "new", out=out, force=True)
    assert result.document.comparison is not None
    assert result.document.comparison.made.startswith("2001")
    assert (audit.read_bytes(), (out / "report.pdf").read_bytes()) == (before, b"x")
    assert {path.name for path in out.iterdir()} == {"audit.json", "report.pdf", "tables"}
    audit.write_bytes(before.replace(b'"baseline": "old"', b'"baseline": "odd"'))
    auditor.compare(audits / "old", audits / "new", out=out, force=True)
    assert not (out / "report.pdf").exists()
    assert b'"made": "2001' not in audit.read_bytes()


def test_the_gate_reads_the_comparison(audits: Path, compared: Path, tmp_path: Path) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text("[[rule]]\nmax_accuracy_drop = 0.03\n", encoding="utf-8")
    for baseline in (None, audits / "old", audits / "old" / "audit.json", auditor.load(audits / "old")):
        verdict = auditor.gate(compared, policy=policy, baseline=baseline)
        assert "image by image" in verdict.rules[0].items[0].words
    verdict = auditor.gate(compared, policy=policy, baseline=audits / "new")
    assert "image by image" not in verdict.rules[0].items[0].words


def test_an_audit_has_one_hash_wherever_it_is(audits: Path, tmp_path: Path) -> None:
    result = auditor.load(audits / "old")
    digest = hash_audit(audits / "old")
    assert digest == hash_audit(audits / "old" / "audit.json") == hash_audit(result)
    assert digest == hash_audit(result.document) == hash_audit(replace(result, folder=None))
    with pytest.raises(DataError, match="cannot be read"):
        hash_audit(tmp_path)


def test_three_models_are_ranked(audits: Path, tmp_path: Path) -> None:
    plan = Audit.from_toml(audits / "planted" / "audit.toml", overrides={"audit.seed": 2})
    auditor.run(plan, out=tmp_path / "third")
    found = auditor.compare(audits / "old", audits / "new", tmp_path / "third").document.comparison
    assert found is not None
    assert [pair.candidate for pair in found.pairs] == ["new", "third"]
    assert {ranked.name for ranked in found.ranking} == {"old", "new", "third"}
    *headlines, places = _tell(found)
    assert headlines == [pair.verdict.headline for pair in found.pairs]
    assert re.fullmatch(r"places by reliance on declared cues, the least first: (\w+ \(1 to 3\)(, )?){3}", places), (
        places
    )
