"""What reports show: said in the plan, overridden on the command line, refused where it cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from auditor.cli import main
from auditor.documents.document import Asked, serialise
from auditor.errors import UsageError
from auditor.plans.plan import Audit
from auditor.plans.presentation import ReportPlan
from auditor.privacy.disclosure import Disclosure, find_sensitive
from auditor.publishing.filing import ask
from auditor.result import read_document
from tests.test_packaging import make_document
from tests.test_pipeline import PLAN

if TYPE_CHECKING:
    from pathlib import Path

ROLES = {"face": "protected", "hair": "protected", "coat": "core"}


def invoke(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def read_plan(folder: Path, table: str) -> Audit:
    (folder / "audit.toml").write_text(f"{PLAN}\n[report]\n{table}\n", encoding="utf-8")
    return Audit.from_toml(folder / "audit.toml")


@pytest.mark.parametrize(
    ("plan", "said", "expected"),
    [
        ({}, {}, (False, False, "full", False)),
        ({"public": True}, {}, (True, False, "none", False)),
        ({"public": True, "images": "blur-regions"}, {}, (True, False, "blur-regions", True)),
        ({"public": True}, {"preset": "internal"}, (False, False, "full", False)),
        ({"images": "none", "hash_ids": True}, {"images": "full", "hash_ids": False}, (False, False, "full", True)),
        ({}, {"preset": "public", "images": "full"}, (True, False, "full", True)),
        ({}, {"preset": "public", "images": "none"}, (True, False, "none", False)),
        ({"images": "none"}, {"hash_ids": True}, (False, True, "none", False)),
    ],
)
def test_the_command_line_wins_over_the_plan(
    plan: dict[str, object], said: dict[str, object], expected: tuple[bool, bool, str, bool]
) -> None:
    settled = Disclosure(**said).over(Asked.model_validate(plan))  # type: ignore[arg-type]
    assert (settled.wish.public, settled.wish.hash_ids, settled.images, settled.wish.pictured) == expected


@pytest.mark.parametrize(
    ("table", "public", "compares"),
    [
        ('preset = "public"', True, None),
        ('preset = "ll144"\npositive = "red"', False, "ll144"),
        ('preset = ["ll144", "public"]\npositive = "red"', True, "ll144"),
        ("", False, None),
    ],
)
def test_the_public_preset_stands_beside_another(
    tmp_path: Path, table: str, *, public: bool, compares: str | None
) -> None:
    plan = read_plan(tmp_path, table).report
    assert (plan.public, plan.compares) == (public, compares)
    asked = ask(plan, ["red", "green"])
    assert (asked.public, asked.preset) == (public, compares)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('preset = "publc"', "report.preset"),
        ('images = "blur"', "report.images"),
        ('preset = ["ll144", "four_fifths"]\npositive = "red"', "one of"),
        ('preset = ["public", "ll144"]', "name the class that selects"),
    ],
)
def test_a_plan_that_asks_for_something_else_is_refused(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_plan(tmp_path, table)


def test_what_a_run_was_told_is_in_its_plan() -> None:
    plan = ReportPlan.model_validate({"preset": "ll144", "positive": "red"})
    made = Disclosure(preset="public", images="none", hash_ids=True).into(plan)
    assert (made.preset, made.images, made.hash_ids, made.positive) == (["ll144", "public"], "none", True, "red")
    assert Disclosure(preset="internal").into(made).preset == ["ll144"]
    assert Disclosure().into(made) == made


def test_regions_declared_protected_are_pixelated_unless_others_are_named() -> None:
    assert find_sensitive(ROLES, None) == {"face", "hair"}
    assert find_sensitive(ROLES, ["coat"]) == {"coat"}


@pytest.mark.parametrize(
    ("roles", "blur", "words"),
    [
        ({"coat": "core"}, None, "no region is declared protected"),
        ({}, None, "no region is declared protected"),
        (ROLES, [], "no region is declared protected"),
        (ROLES, ["fase"], "no region 'fase' in this audit; nearest: 'face'"),
    ],
)
def test_nothing_to_pixelate_is_refused(roles: dict[str, str], blur: list[str] | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        find_sensitive(roles, blur)


def test_a_report_that_cannot_be_pixelated_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "audit.json").write_bytes(serialise(make_document()))
    code, text = invoke("report", tmp_path / "home", "--out", tmp_path / "out", "--images", "blur-regions")
    assert code == 2
    assert text.startswith("auditor: images = blur-regions: no region is declared protected")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_no_way_of_showing_images(tmp_path: Path) -> None:
    code, text = invoke("report", tmp_path, "--images", tmp_path)
    assert code == 2
    assert "'none', 'blur-regions', 'full'" in text


def test_a_run_that_cannot_be_pixelated_is_refused_before_it_starts(tmp_path: Path) -> None:
    from auditor import testing

    folder = testing.plant(tmp_path / "planted", count=8, seed=3)
    (folder / "audit.toml").write_text(PLAN, encoding="utf-8")
    code, text = invoke("run", folder / "audit.toml", "--out", tmp_path / "out", "--images", "blur-regions")
    assert code == 2
    assert "no region is declared protected" in text
    assert not (tmp_path / "out" / "records").exists()


def test_a_public_audit_is_rendered_again_as_a_public_audit(tmp_path: Path) -> None:
    document = make_document().model_copy(update={"report": Asked(public=True)})
    (tmp_path / "audit.json").write_bytes(serialise(document))
    code, text = invoke("report", tmp_path, "--format", "html")
    if document.data.n_read < 5:
        assert code == 3
        assert "a public version needs 5 or more" in text
        return
    assert code == 0, text
    assert read_document(tmp_path / "audit.redacted.json").redaction is not None
