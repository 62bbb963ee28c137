"""Files of requirements: those that ship hold together, and a faulty one gives all its faults with their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.documents.frameworks import find_framework, list_frameworks, read_framework, read_frameworks
from auditor.documents.pointers import explain, is_met
from auditor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """framework: Ours
version: "1"
as_of: "2026-11"
source_note: in-house
requirements:
  - id: A
    title: Accuracy is told
    sections: [performance]
    needs: ["/estimates?statistic=accuracy"]
    max_claim: full
    confidence: high
"""
FORBIDDEN = ("compliant", "compliance", "certif", "passes", "passed", "fulfil", "unbiased", "debias", "proves")


def write(folder: Path, text: str) -> Path:
    path = folder / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_seven_frameworks_ship() -> None:
    assert list_frameworks() == [
        "eu_ai_act",
        "four_fifths",
        "gmlp",
        "iso_42001",
        "iso_tr_24027",
        "nist_ai_rmf",
        "nyc_ll144",
    ]


@pytest.mark.parametrize("name", list_frameworks())
def test_what_ships_is_whole_and_claims_nothing(name: str) -> None:
    found = read_framework(find_framework(name))
    assert found.as_of
    text = " ".join([found.source_note, *(f"{one.title} {one.note}" for one in found.requirements)]).casefold()
    assert not [word for word in FORBIDDEN if word in text]
    for one in found.requirements:
        assert one.sections or not one.needs, one.id
        assert one.needs or one.note or "MEASURE 2.4" in one.id, one.id
        if one.max_claim == "full":  # words alone never carry the most that can be said
            assert any(not need.startswith(("/declared", "/sign_off")) for need in one.needs), one.id


def test_a_framework_of_the_users_own(tmp_path: Path) -> None:
    found = read_frameworks(["gmlp", "ours.yaml"], tmp_path) if write(tmp_path, GOOD) else []
    assert [one.framework for one in found][1] == "Ours"


def test_all_faults_come_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("version:", "vershion:").replace("max_claim: full", "max_claim: 100")
    text = text.replace('needs: ["/estimates?statistic=accuracy"]', 'needs: [3, "/declared/intended_uses"]')
    text = text.replace("    confidence: high\n", "    sections: [perfromance]\n")
    with pytest.raises(UsageError) as caught:
        read_framework(write(tmp_path, text))
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("ours.yaml: 8 faults"), lines
    assert any(line.startswith("  line 9: /declared/intended_uses: ") for line in lines)
    assert "  line 1: version: is missing" in lines
    assert "  line 2: vershion: no such key; nearest: 'version'" in lines
    assert "  line 6: confidence: is missing" in lines
    assert any(line.startswith("  line 9: requirements.needs: ") and "put it in quotes" in line for line in lines)
    assert "  line 10: requirements.max_claim: no such word: '100'; known: full, partial, context" in lines
    assert "  line 11: sections: is given twice" in lines
    assert "  line 11: requirements.sections: no such word: 'perfromance'; nearest: 'performance'" in lines


def test_needs_that_point_nowhere_and_ids_that_came_before_are_faults(tmp_path: Path) -> None:
    second = GOOD[GOOD.index("  - id") :].replace("/estimates?statistic", "/estimates?statistik")
    with pytest.raises(UsageError) as caught:
        read_framework(write(tmp_path, GOOD + second))
    assert "line 12: id 'A' is given twice" in str(caught.value)
    assert "line 15: /estimates?statistik=accuracy: items there have no 'statistik'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1", "line 1: "),
        ("", "ours.yaml: 1 fault"),
        ("- 1", "input should be a valid dictionary"),
        ("!!python/object:os.system {}", "could not determine a constructor"),
        ("x" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_such_file_is_one_clear_error(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_framework(write(tmp_path, text))
    assert fault in str(caught.value)


def test_unknown_names_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nearest: 'eu_ai_act'"):
        find_framework("eu_ai_acts")
    with pytest.raises(UsageError) as caught:
        read_frameworks(["eu_ai_acts", "none.yaml"], tmp_path)
    assert "No such file" in str(caught.value)
    assert "eu_ai_acts" in str(caught.value)


@pytest.mark.parametrize(
    ("need", "met"),
    [
        ("/declared/owner", True),
        ("/declared/users", False),
        ("/declared/population", False),
        ("/estimates?statistic=accuracy", True),
        ("/estimates?statistic=accuracy&attribute=*", False),
        ("/estimates?statistic=mass", False),
        ("/findings?level=*", True),
        ("/findings?level=E0", False),
        ("/protocol/checks?passed=*", True),
        ("/protocol/false_alarms?tried=*", False),
        ("/estimates/0/statistic", True),
        ("/estimates/9", False),
        ("/nowhere/at/all", False),
    ],
)
def test_needs_are_looked_up(need: str, *, met: bool) -> None:
    tree = {
        "declared": {"owner": "me", "users": None, "population": {}},
        "estimates": [
            {"statistic": "accuracy", "value": 0.0, "attribute": None},
            {"statistic": "mass", "value": None},
        ],
        "findings": [{"level": "E0"}, {"level": "E3"}],
        "protocol": {"checks": [{"passed": None}, {"passed": False}], "false_alarms": [{"tried": 0}]},
    }
    assert is_met(need, tree) is met


@pytest.mark.parametrize(
    "need", ["/plan/audit/seed", "/data/labels/doctor", "/sign_off/records?owner=*", "/declared/population/age"]
)
def test_places_that_an_audit_can_have(need: str) -> None:
    assert explain(need) == ""


@pytest.mark.parametrize("need", ["declared", "/plans", "/created?x=1", "/sign_off/record", "/data/n_read/x"])
def test_places_that_it_cannot_have(need: str) -> None:
    assert explain(need)
