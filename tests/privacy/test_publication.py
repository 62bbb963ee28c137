"""What must not leave the house is in no output: names, paths, metadata, photographs, small groups."""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from auditor.analysis.policy import Policy
from auditor.cli import main
from auditor.documents.document import Document
from auditor.documents.ladder import Estimate
from auditor.errors import DataError
from auditor.judging import DERIVED_NOTE, PUBLIC_NOTE, judge_to_show
from auditor.privacy.disclosure import Disclosure
from auditor.privacy.prose import LINE_LEFT_OUT, scrub_words
from auditor.privacy.publication import Wish, hash_name, redact
from auditor.privacy.redaction import WITHHELD
from auditor.privacy.suppression import THRESHOLD, Group
from auditor.publishing.filing import sign
from auditor.result import read_document
from tests.privacy.private_people import NAME, PLANTED, SMALL, settle
from tests.privacy.test_suppression import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = "html,pdf,markdown,junit,sarif,card,csv"
FEWER = {"hash": "html,csv,sarif,junit"}
"""A PDF takes seconds: what is drawn in it is drawn from the same pictures and the same document."""
MODES = {
    "full": (),
    "none": ("--images", "none"),
    "blur": ("--images", "blur-regions"),
    "hash": ("--hash-ids",),
    "public": ("--preset", "public"),
    "pictured": ("--preset", "public", "--images", "blur-regions"),
}
SIGNED = {"reason": "Anna Smith agreed on the telephone", "owner": "B. Responsible"}


def invoke(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return settle(tmp_path_factory.mktemp("people") / NAME)


@pytest.fixture(scope="module")
def audited(people: Path) -> Path:
    out = people / "out"
    invoke("run", people / "audit.toml", "--out", out, "--skip-bad", "--format", "markdown")
    sign(out, disposition="accept", role="reviewer", **SIGNED)
    return out


@pytest.fixture(scope="module")
def reports(audited: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every output in every mode."""
    made = {}
    before = (audited / "audit.json").read_bytes()
    for mode, words in MODES.items():
        made[mode] = tmp_path_factory.mktemp(mode) / "reports"
        formats = ALL if mode in {"full", "public"} else FEWER.get(mode, "html")
        invoke("report", audited, "--out", made[mode], "--format", formats, *words)
    assert (audited / "audit.json").read_bytes() == before
    return made


@functools.cache
def contents(folder: Path) -> list[tuple[str, bytes]]:
    """All outputs, read once."""
    return list(unpack(folder))


def unpack(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte of all outputs: what is packed into a PDF or encoded in a page as well."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path.name, content
        for k, found in enumerate(re.findall(rb"base64,([A-Za-z0-9+/=]+)", content)):
            yield f"{path.name}, picture {k}", base64.b64decode(found)
        if path.suffix == ".pdf":
            yield from streams(path)


def streams(path: Path) -> Iterator[tuple[str, bytes]]:
    reader = PdfReader(path)
    yield f"{path.name}, text", "\n".join(page.extract_text() for page in reader.pages).encode()
    for name, files in reader.attachments.items():
        for content in files:
            yield f"{path.name}, {name}", content
    for number in range(1, len(reader.xref[0]) + 1):
        part = reader.get_object(number)
        if hasattr(part, "get_data"):
            yield f"{path.name}, object {number}", bytes(part._data)  # type: ignore[union-attr]


def holding(folder: Path, *needles: str) -> list[str]:
    """Outputs that hold one of some words."""
    wanted = [needle.encode() for needle in needles]
    return [name for name, content in contents(folder) if any(needle in content for needle in wanted)]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_no_output_names_a_folder_of_the_machine(reports: dict[str, Path], people: Path, mode: str) -> None:
    assert holding(reports[mode], NAME, str(people.parent)) == []


def test_the_audit_itself_names_no_folder_of_the_machine(audited: Path, people: Path) -> None:
    files = [audited / "audit.json", audited / "summary.md", audited / "sign-off.json"]
    assert [path.name for path in files if NAME in path.read_text(encoding="utf-8")] == []
    assert read_document(audited).model.source == "net.py:colour_model"
    assert read_document(audited).data.images_folder == "../photos"


@pytest.mark.parametrize("mode", MODES)
def test_metadata_of_photographs_never_leave(reports: dict[str, Path], people: Path, mode: str) -> None:
    (photograph, *_) = sorted((people / "photos").glob("*0001.jpg"))
    planted = photograph.read_bytes()
    assert planted.count(PLANTED.encode()) >= 4  # the artist, the comment, XMP and the colour profile
    assert b"Exif\0" in planted
    assert holding(reports[mode], PLANTED) == []
    assert [name for name, content in contents(reports[mode]) if b"Exif\0" in content] == []


def test_photographs_are_in_the_full_report_and_in_no_other_byte_for_byte(reports: dict[str, Path]) -> None:
    def pictures(mode: str) -> set[bytes]:
        return {content for _, content in contents(reports[mode]) if content.startswith(b"\xff\xd8")}

    sharp = pictures("full") - pictures("none")
    assert len(sharp) > 10
    for mode in ("none", "public"):
        assert not sharp & pictures(mode)
    assert pictures("blur") - pictures("none")


@pytest.mark.parametrize("mode", ["hash", "public", "pictured"])
def test_names_of_images_are_hashed_in_every_output(reports: dict[str, Path], mode: str) -> None:
    assert holding(reports["full"], "anna_smith")
    told = (
        holding(reports[mode], "anna_smith", "Anna Smith") if mode != "hash" else holding(reports[mode], "anna_smith")
    )
    assert told == []


def test_the_hash_is_keyed_and_the_key_is_in_no_output(reports: dict[str, Path], audited: Path) -> None:
    salt = json.loads((audited / "private.json").read_text(encoding="utf-8"))["salt"]
    assert (audited / "private.json").stat().st_mode & 0o077 == 0
    document = read_document(reports["hash"] / "audit.redacted.json")
    plain = read_document(audited)
    assert [one.image_id for one in document.examples.items] == [
        hash_name(one.image_id, bytes.fromhex(salt)) for one in plain.examples.items
    ]
    assert hash_name("a.jpg", b"one") != hash_name("a.jpg", b"other")
    bare = [hashlib.sha256(one.image_id.encode()).hexdigest()[:16] for one in plain.examples.items]
    assert holding(reports["hash"], salt, *bare) == []


def test_tables_of_images_are_hashed_or_left_out(reports: dict[str, Path]) -> None:
    def table(mode: str) -> list[dict[str, str]]:
        with (reports[mode] / "csv" / "images.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    plain, hashed = table("full"), table("hash")
    assert len(plain) == len(hashed)
    assert {"path", "sha256"} <= set(plain[0])
    assert not {"path", "sha256"} & set(hashed[0])
    assert [row["label"] for row in plain] == [row["label"] for row in hashed]
    assert all(re.fullmatch("image-[0-9a-f]{16}", row["image_id"]) for row in hashed)
    assert not (reports["public"] / "csv" / "images.csv").exists()


@pytest.mark.parametrize("mode", ["hash", "public", "pictured"])
def test_what_is_attached_is_the_derived_version_and_both_hashes_are_told(
    reports: dict[str, Path], audited: Path, mode: str
) -> None:
    derived = (reports[mode] / "audit.redacted.json").read_bytes()
    if mode == "public":
        attached = PdfReader(reports[mode] / "report.pdf").attachments
        assert attached["audit.redacted.json"] == [derived]
        assert "audit.json" not in attached
    page = (reports[mode] / "report.html").read_text(encoding="utf-8")
    full = hashlib.sha256((audited / "audit.json").read_bytes()).hexdigest()
    assert hashlib.sha256(derived).hexdigest() in page
    assert full in page
    assert json.loads(derived)["redaction"]["source_sha256"] == full
    assert "nobody signed that version" in page
    assert "The sign-off does not belong" not in page


def test_the_public_version_tells_that_it_was_signed_and_not_by_whom(reports: dict[str, Path]) -> None:
    assert holding(reports["full"], SIGNED["owner"])
    assert holding(reports["public"], *SIGNED.values()) == []
    assert "sign-off.json" not in PdfReader(reports["public"] / "report.pdf").attachments
    page = (reports["public"] / "report.html").read_text(encoding="utf-8")
    assert "The whole report is signed." in page
    assert "left out of the public version" in page


def test_the_public_version_has_no_single_image_unless_they_are_asked_for(reports: dict[str, Path]) -> None:
    public = read_document(reports["public"] / "audit.redacted.json")
    assert public.examples.items == []
    assert all(finding.examples == [] for finding in public.findings)
    assert "an image is a group of one" in (reports["public"] / "report.html").read_text(encoding="utf-8")
    pictured = read_document(reports["pictured"] / "audit.redacted.json")
    assert pictured.examples.items
    assert all(one.attributes == {} for one in pictured.examples.items)


GROUPS = ("accuracy", None, None, None, None, None)
"""The family whose n are the sizes of groups."""


def families(document: Document) -> dict[tuple[object, ...], dict[Group, Any]]:
    made: dict[tuple[object, ...], dict[Group, Any]] = defaultdict(dict)
    for row in document.estimates:
        key = (row.statistic, row.target, row.region, row.fill, row.outcome, row.predicted)
        made[key][Group(row.label, row.attribute, row.subgroup)] = row
    return made


def test_small_groups_are_in_no_number_of_the_public_version(reports: dict[str, Path], audited: Path) -> None:
    plain, public = read_document(audited), read_document(reports["public"] / "audit.redacted.json")
    small = [row for row in plain.estimates if 0 < row.clusters < THRESHOLD]
    assert {row.subgroup for row in small} > {SMALL}
    assert [row for row in public.estimates if 0 < row.n < THRESHOLD or row.subgroup == SMALL] == []
    assert [one for one in public.mean_maps if 0 < one.n < THRESHOLD or one.subgroup == SMALL] == []
    assert SMALL not in public.data.attributes[0].counts
    assert Group(None, "site", SMALL)._asdict() in [one.model_dump() for one in public.redaction.groups]  # type: ignore[union-attr]
    assert public.redaction.numbers == len(plain.estimates) - len(public.estimates)  # type: ignore[union-attr]


def test_no_count_and_no_value_of_a_hidden_group_can_be_computed_back(reports: dict[str, Path], audited: Path) -> None:
    """An attacker with all printed numbers of a statistic: totals less what is printed, for counts and for sums."""
    plain = families(read_document(audited))
    public = families(read_document(reports["public"] / "audit.redacted.json"))
    away, tried = [], 0
    for key in ("accuracy", "mass", "area", "pointing", "empty_maps", "confusion"):
        for family, rows in plain.items():
            if family[0] != key:
                continue
            counts = {group: row.n for group, row in rows.items()}
            if key == "confusion":  # its totals are those of the groups, which are printed beside it
                counts = {group: row.n for group, row in plain[GROUPS].items()} | counts
            printed = set(public[family] if key != "confusion" else public[GROUPS] | public[family])
            tried += len(set(counts) - printed)
            found = recover(counts, frozenset(set(counts) - printed))
            away += [(family, group) for group in found if 0 < counts[group] < THRESHOLD]
    assert tried > 20
    assert away == []


def test_no_prose_counts_what_the_tables_do_not(reports: dict[str, Path], audited: Path) -> None:
    """The audit warns of few cases, group by group, and counts those not recorded: that would give the island away."""
    plain, public = read_document(audited), read_document(reports["public"] / "audit.redacted.json")

    def lines(document: Document) -> list[str]:
        assert document.protocol is not None
        checks = [words for check in document.protocol.checks for words in (check.statistic, check.consequence)]
        return [*document.warnings[1:], *document.not_tested, *document.remarks, *document.protocol.notes, *checks]

    def counting(document: Document) -> list[str]:
        return [words for words in lines(document) if re.search(r"\bsite\b", words) and re.search(r"\d", words)]

    assert any(re.search(rf"{SMALL} \(3\)", words) for words in counting(plain))
    assert any("not recorded for 8 of" in words for words in counting(plain))
    assert counting(public) == []
    assert LINE_LEFT_OUT in public.warnings
    page = (reports["public"] / "report.html").read_text(encoding="utf-8")
    assert "attribute site" not in page
    assert f"{SMALL} (3)" not in page


def test_a_finding_keeps_its_level_and_what_does_not_rest_on_a_small_group(
    reports: dict[str, Path], audited: Path
) -> None:
    plain, public = read_document(audited), read_document(reports["public"] / "audit.redacted.json")
    assert [one.fingerprint for one in public.findings] == [one.fingerprint for one in plain.findings]
    assert [one.level for one in public.findings] == [one.level for one in plain.findings]
    withheld = [one for one in public.findings if any(rung.sentence == WITHHELD for rung in one.rungs)]
    assert withheld
    assert {one.attribute for one in withheld} == {"site"}
    for one in withheld:
        assert SMALL not in one.headline
        rows = [row for rung in one.rungs for row in rung.estimates]
        assert all(row.n == 0 or row.clusters >= THRESHOLD for row in rows)


def test_groups_that_were_not_small_stay(reports: dict[str, Path], audited: Path) -> None:
    plain, public = families(read_document(audited)), families(read_document(reports["public"] / "audit.redacted.json"))
    kept = set(public[GROUPS])
    assert {Group(), Group("red"), Group("green"), Group(None, "site", "north"), Group(None, "site", "south")} <= kept
    assert len(kept) < len(plain[GROUPS])


def test_the_reader_sees_what_was_left_out(reports: dict[str, Path]) -> None:
    page = (reports["public"] / "report.html").read_text(encoding="utf-8")
    assert "This is the public version" in page
    assert re.search(r"<td[^>]*>\s*left out", page)
    for name in ("summary.md", "audit.sarif", "model_card.md"):
        text = (reports["public"] / name).read_text(encoding="utf-8")
        assert "public version" in text, name


def test_redaction_is_a_pure_function(audited: Path) -> None:
    document = read_document(audited)
    before = document.model_dump_json()
    wish = Wish(public=True)
    one, other = (redact(document, wish, salt=b"salt", source_sha256="ab" * 32) for _ in range(2))
    assert document.model_dump_json() == before
    assert one == other
    assert Document.model_validate(one.document.model_dump()) == one.document
    assert redact(one.document, wish, salt=b"other", source_sha256="cd" * 32).document == one.document
    assert redact(document, Wish(), salt=b"salt", source_sha256="ab" * 32).document is document


def test_an_audit_of_a_few_images_has_no_public_version(audited: Path) -> None:
    document = read_document(audited)
    few = document.model_copy(update={"data": document.data.model_copy(update={"n_read": 4})})
    with pytest.raises(DataError, match="4 images were read; a public version needs 5 or more"):
        redact(few, Wish(public=True), salt=b"salt", source_sha256="ab" * 32)


@pytest.mark.parametrize(
    ("words", "scrubbed"),
    [
        ("3 of 200 images have no room", "Fewer than 5 of 200 images have no room"),
        ("197 of 200 images have no room", "nearly all of 200 images have no room"),
        ("1,996 of 2,000 misclassified images", "nearly all of 2,000 misclassified images"),
        ("5 of 200 images and 195 of 200 images", "5 of 200 images and 195 of 200 images"),
        ("only 4 independent images of each label", "only fewer than 5 independent images of each label"),
        ("too few images (3) to tell", "too few images (fewer than 5) to tell"),
        ("if it is as large as it looks (there were 2).", "if it is as large as it looks (there were fewer than 5)."),
        ("n = 4, n = 40", "n < 5, n = 40"),
        (
            "2 ways of hiding, 3 controls, 12 × 12 cells, 1.4 times",
            "2 ways of hiding, 3 controls, 12 × 12 cells, 1.4 times",
        ),
        ("14 images and 24 persons", "14 images and 24 persons"),
        ("0.3 images", "0.3 images"),
    ],
)
def test_small_counts_leave_the_prose(words: str, scrubbed: str) -> None:
    assert scrub_words(words) == scrubbed


def test_a_shift_of_large_labels_does_not_count_a_small_one(audited: Path) -> None:
    """Of 200, 197 and 3 images, a number that 397 stand behind says how many the third label has."""
    document = read_document(audited)
    facts: dict[str, Any] = {"value": 0.5, "ci": (0.4, 0.6), "p_value": None, "unit": "SD", "method": "m"}
    counts = {"doctor": 200, "nurse": 197, "vet": 3}
    rows = [Estimate(statistic="accuracy", label=name, n=n, clusters=n, **facts) for name, n in counts.items()]
    names = ("property_shift", "property_both_ways", "aligned_shift", "property_flips")
    place: dict[str, Any] = {"region": "(brightness)", "fill": "neutral", "predicted": "doctor"}
    rows += [Estimate(statistic=name, n=397, clusters=397, **place, **facts) for name in names]
    data = document.data.model_copy(update={"labels": counts, "n_read": 400, "attributes": []})
    made = document.model_copy(update={"data": data, "estimates": rows})
    public = redact(made, Wish(public=True), salt=b"s", source_sha256="0" * 64).document
    assert {row.statistic for row in public.estimates} & set(names) == {"property_flips"}


def test_a_mean_map_of_a_hidden_group_cannot_be_had_by_taking_the_others_off(
    reports: dict[str, Path], audited: Path
) -> None:
    plain = read_document(audited)
    public = read_document(reports["public"] / "audit.redacted.json")
    kept = {(one.target, one.label, one.subgroup) for one in public.mean_maps}
    for total in (one for one in plain.mean_maps if one.attribute is None):
        parts = [
            one for one in plain.mean_maps if one.attribute and (one.target, one.label) == (total.target, total.label)
        ]
        away = [one for one in parts if (one.target, one.label, one.subgroup) not in kept]
        assert len(away) != 1
    whole = [one for one in plain.mean_maps if one.target == "label" and one.label == "red"]
    rest = sum(np.array(one.grid) * one.n for one in whole if one.attribute and one.subgroup != SMALL)
    (small,) = (one for one in whole if one.subgroup == SMALL)
    total = next(one for one in whole if one.attribute is None)
    computed = (np.array(total.grid) * total.n - rest) / small.n
    assert np.allclose(computed, small.grid, atol=1e-3)  # what the full audit gives away, and the public one does not


POLICY = f"""
[[rule]]
min_n = 2
attribute = "site"
[[rule]]
min_accuracy = 0.99
attribute = "site"
[[rule]]
region = "tag"
max_level = "R"
unless = "waived"
[[waiver]]
finding = "tag:site:{SMALL}:red"
reason = "{SIGNED["reason"]}"
owner = "{SIGNED["owner"]}"
expires = 2020-01-01
"""


def judged(audited: Path, out: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, what is printed, and all that is written."""
    (out.parent / "policy.toml").write_text(POLICY, encoding="utf-8")
    asked = ["gate", audited, "--policy", out.parent / "policy.toml", "--out", out, "--format", "markdown,junit"]
    page = out.parent / "page.md"
    result = CliRunner(env={"GITHUB_STEP_SUMMARY": str(page)}).invoke(main, [str(word) for word in (*asked, *words)])
    files = [*sorted(out.iterdir()), page]
    return result.exit_code, result.output, "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_a_gate_tells_as_little_as_the_public_version(audited: Path, tmp_path: Path) -> None:
    for name in ("full", "public"):
        (tmp_path / name).mkdir()
    code, printed, written = judged(audited, tmp_path / "full" / "gate")
    for told in (printed, written):
        assert re.search(rf"{SMALL}.*: 3 independent images", told)
        assert SIGNED["owner"] in told
    public_code, printed, written = judged(audited, tmp_path / "public" / "gate", "--preset", "public")
    assert public_code == code == 1
    for told in (printed, written):
        numbers = re.compile(rf"{SMALL}.*(?:\d independent|\d %|n = \d)")
        counted = [line for line in told.splitlines() if numbers.search(line)]
        assert counted == []
        assert not any(word in told for word in (*SIGNED.values(), "anna_smith", "image-"))
        assert "what may not be told: Left out of the public version" in told
        assert "the outcomes are those of the audit itself" in told
    assert not re.search(rf"\b[1-{THRESHOLD - 1}] independent images", printed + written)


def test_a_plan_that_asks_for_the_public_version_asks_it_of_the_gate(audited: Path) -> None:
    document = read_document(audited)
    policy = Policy.parse(POLICY.encode(), name="policy")
    assert judge_to_show(document, policy=policy).shown == judge_to_show(document, policy=policy).verdict
    asked = document.model_copy(update={"report": document.report.model_copy(update={"public": True})})
    found = judge_to_show(asked, policy=policy)
    assert found.document.redaction is not None
    assert [rule.outcome for rule in found.shown.rules] == [rule.outcome for rule in found.verdict.rules]
    assert found.shown.rules != found.verdict.rules
    inside = judge_to_show(asked, policy=policy, disclosure=Disclosure(preset="internal"))
    assert inside.shown == inside.verdict
    assert PUBLIC_NOTE in found.shown.notes
    again = judge_to_show(found.document, policy=policy)
    assert SIGNED["owner"] not in str(again.shown)
    assert (DERIVED_NOTE in again.shown.notes, PUBLIC_NOTE in again.shown.notes) == (True, False)
    for old, new in zip(found.verdict.rules, again.verdict.rules, strict=True):
        assert old.outcome == "pass" or new.outcome != "pass"
    named = redact(document, Wish(hash_ids=True), salt=b"s", source_sha256="0" * 64).document
    with pytest.raises(DataError, match="found one in which the names of images are hashed"):
        judge_to_show(named, policy=policy, disclosure=Disclosure(preset="public"))
    few = asked.model_copy(update={"data": asked.data.model_copy(update={"n_read": 3})})
    with pytest.raises(DataError, match="a public version needs 5 or more"):
        judge_to_show(few, policy=policy)
