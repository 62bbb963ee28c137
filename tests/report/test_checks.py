"""Checks and false alarms in the report: failures first, what they withhold, and when flags are not to be relied on."""

from __future__ import annotations

import pytest

from auditor.documents.ladder import Check, FalseAlarms
from auditor.report.checks import banner, checks
from auditor.report.figures import SPACE
from tests.report.laddered import protocol


def plain(words: str) -> str:
    return words.replace(SPACE, " ")


def shams(flagged: int, tried: int) -> FalseAlarms:
    return FalseAlarms(kind="sham regions", flagged=flagged, tried=tried, ci=(0.0231, 0.2714), method="Wilson")


def test_failures_come_first() -> None:
    rows = checks(protocol()).rows
    assert [(row.name, row.region, row.result) for row in rows] == [
        ("Deletion", "all", "failed"),
        ("Resolution", "stethoscope", "failed"),
        ("Resolution", "hair", "failed"),
        ("Positive control", "coat", "could not be checked"),
        ("Random head", "all", "passed"),
    ]


def test_only_what_failed_withholds() -> None:
    made = checks(protocol())
    assert [row.withheld for row in made.rows] == ["withholds statements on attention"] * 3 + ["", ""]
    assert made.withheld == (
        (
            "Withheld: statements on attention. The check “Deletion” failed (deleting the top tenth of the map lowers "
            "the margin by 0.02 SD more than a blob [−0.01, 0.05])."
        ),
        "Withheld: statements on attention for stethoscope and hair. The check “Resolution” failed.",
    )
    assert made.tally == "Of 5 checks, 3 failed, 1 could not be checked and 1 passed."


def test_no_checks_are_said() -> None:
    made = checks(protocol(checks=[], false_alarms=[]))
    assert made.tally == "No check was made."
    assert made.rows == made.alarms == made.withheld == ()
    assert made.banner == ""


@pytest.mark.parametrize(("flagged", "tried", "warned"), [(4, 40, False), (5, 40, True), (0, 0, False), (1, 1, True)])
def test_flags_are_not_relied_on_above_one_in_ten(flagged: int, tried: int, warned: bool) -> None:  # noqa: FBT001
    assert bool(banner(protocol(false_alarms=[shams(flagged, tried)]))) is warned


def test_the_banner_and_the_rates_carry_counts_and_interval() -> None:
    made = checks(protocol(false_alarms=[shams(5, 40), shams(0, 0)]))
    assert plain(made.banner) == (
        "Do not rely on flags from this audit: 5 of 40 sham regions (places where the region does not lie) were "
        "flagged: 12.5 % [2.3 %, 27.1 %]. Up to 10 % would be acceptable."
    )
    assert made.alarms[1] == "Sham regions: none could be tried, so this false-alarm rate is not known."


def test_rules_are_printed_with_their_units() -> None:
    rows = {row[0].text: plain(row[1].text) for row in checks(protocol()).trials.rows}
    assert rows["Regions were hidden by"] == "surround noise, image mean, inpainting and blur"
    assert rows["Of these, count towards agreement"] == "surround noise, image mean and inpainting"
    assert rows["Answers asked of the model"] == "32,000"
    assert rows["Margin for a shift between the groups"] == "minor +0.05 SD, material +0.10 SD"
    assert rows["Margin for enrichment"] == "minor 1.3×, material 1.5×"


def test_without_regions_nothing_is_said_of_hiding_them() -> None:
    bare = protocol(fills=[], agreeing=[], controls=0, family=0, images=300)
    rows = {row[0].text: plain(row[1].text) for row in checks(bare).trials.rows}
    assert rows["Regions were hidden by"] == "nothing: only whole pictures were changed"
    assert rows["Images changed"] == "300"
    assert not {"Of these, count towards agreement", "Control areas per region"} & set(rows)


def test_a_dead_positive_control_withholds_no_more_than_that_regions_are_not_used() -> None:
    dead = Check(
        name="Positive control",
        region=None,
        passed=False,
        statistic="-",
        consequence="Edits do not reach the model.",
        withholds="interventions",
    )
    made = checks(protocol(checks=[dead]))
    assert made.rows[0].withheld == "withholds statements that a region is not used"
    assert made.withheld[0].startswith("Withheld: statements that a region is not used. The check")
