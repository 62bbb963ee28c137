"""What a lawyer files: declared facts, sources, sign-off and attachments, on the pages that people read."""

from __future__ import annotations

import hashlib
import math
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from auditor.documents.declared import Declared
from auditor.documents.document import AttributeFacts, serialise
from auditor.documents.signoff import Decision, Filed, SignOff
from auditor.report import write_html, write_pdf
from auditor.report.caps import SCREEN
from auditor.report.declared import NOTHING, missing_table, population_tables, wilson
from auditor.report.estimates import Estimates
from auditor.report.figures import SPACE
from auditor.report.selection import selection
from auditor.report.signoff import signed_off
from auditor.report.view import SECTIONS, view
from tests.report.conftest import estimate
from tests.report.laddered import laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]

DECLARED = Declared(
    report_id="AUD-7",
    revision="2",
    distribution="internal",
    run_by="Assurance",
    relation="not independent",
    intended_use="Sorting <b>portraits</b>",
    residual_risk="{{7*7}}",
    personal_data="none",
    population={"gender": {"man": 0.3, "woman": 0.6, "other": 0.05}, "age": {"old": 0.2}},
)


def said(**changes: Any) -> dict[str, Any]:
    first = {"finding": None, "disposition": "accept", "reason": "because", "owner": "A. Example", "date": "2026-11-01"}
    return {**first, **changes}


def filed(document: Document, *records: dict[str, Any], today: str = "2026-11-23") -> Filed:
    """An audit with decisions; a record without a hash is for this audit."""
    audit = serialise(document)
    own = hashlib.sha256(audit).hexdigest()
    made = [Decision.model_validate({"audit_sha256": own, **record}) for record in records]
    signoff = SignOff(records=made) if made else None
    signed = signoff.model_dump_json().encode() if signoff else b""
    return Filed(audit=audit, signoff=signoff, signed=signed, today=today)


def page_of(document: Document, folder: Path, **options: Any) -> str:
    write_html(document, folder / "report.html", **options)
    return (folder / "report.html").read_text(encoding="utf-8")


def words(page: str) -> str:
    text = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).replace(SPACE, " ").split())


@pytest.fixture
def found(make_document: Make) -> Document:
    return laddered(make_document(pairs=0), [("E4", "face", "gender"), ("E2", "coat", None), ("R", "hair", None)])


def test_what_is_not_declared_says_so_wherever_it_would_stand(make_document: Make, tmp_path: Path) -> None:
    page = page_of(make_document(pairs=0), tmp_path)
    assert page.count(NOTHING) == 9 + 6 + 7 + 3 + 6  # scope, model, data, residual risk, document control
    assert "Whether the sample represents it cannot be said." in page


def test_declared_facts_are_printed_as_declared_and_escaped(make_document: Make, tmp_path: Path) -> None:
    page = page_of(make_document(pairs=0).model_copy(update={"declared": DECLARED}), tmp_path)
    assert "Sorting &lt;b&gt;portraits&lt;/b&gt;" in page
    assert "{{7*7}}" in page
    assert "(AUD-7, rev. 2, internal)" in page
    control = words(page[page.index('id="control"') : page.index('id="summary"')])
    for line in ("Report declared AUD-7", "Relation to the model declared not independent", "Created recorded"):
        assert line in control
    assert "Supersedes Not declared by provider" in control


def test_every_table_and_section_says_where_it_comes_from(found: Document, tmp_path: Path) -> None:
    page = page_of(found, tmp_path)
    captions = re.findall(r"<caption>(.*?)</caption>", page, flags=re.DOTALL)
    assert len(captions) > 10
    unsourced = [caption for caption in captions if 'class="origin"' not in caption]
    assert {re.sub(r"<[^>]+>", "", caption).strip() for caption in unsourced} <= {
        "Checks",
        "Evidence by region and attribute",
        "Findings in short",
        "For signing on paper",
    }  # fmt: skip -- their section says it
    told = set(re.findall(r'class="origin">([^<]+)<', page))
    assert set(", ".join(told).split(", ")) == {"measured", "recorded", "declared", "derived"}
    assert page.count('<p class="origins"><span class="origin">') == len(SECTIONS) - 1  # no selection rates


def test_derived_rows_are_marked_among_all_numbers(make_document: Make) -> None:
    shown = view(make_document(pairs=0), images=None, caps=SCREEN).estimates
    notes = {row[0].text: row[0].note for row in shown.rows}
    assert notes["difference in answered right"] == "derived"
    assert notes["answered right"] == ""


def plain_wilson(hits: int, n: int) -> tuple[float, float]:
    """Where the score test of a share just gives way, found by bisection."""

    def edge(inside: float, outside: float) -> float:
        for _ in range(80):
            middle = (inside + outside) / 2
            distance = abs(hits / n - middle) / math.sqrt(middle * (1 - middle) / n)
            inside, outside = (middle, outside) if distance < 1.959963984540054 else (inside, middle)
        return inside

    return edge(hits / n, 1e-12), edge(hits / n, 1 - 1e-12)


@pytest.mark.parametrize(("hits", "n"), [(3, 10), (50, 400), (399, 400)])
def test_wilson_against_the_test_it_inverts(hits: int, n: int) -> None:
    assert wilson(hits, n, confidence=0.95) == pytest.approx(plain_wilson(hits, n), abs=1e-9)
    assert wilson(0, n, confidence=0.95)[0] == 0
    assert wilson(n, n, confidence=0.95)[1] == 1


def test_the_sample_beside_the_declared_population(make_document: Make) -> None:
    made = make_document(pairs=0, values=("man", "woman", "")).model_copy(update={"declared": DECLARED})
    gender, age = population_tables(made)
    rows = {row[0].text: [cell.text.replace(SPACE, " ") for cell in row[1:]] for row in gender.rows}
    assert rows["man"] == ["30 %", "50 %", "+20 pp", "200"]
    assert rows["woman"] == ["60 %", "50 %", "−10 pp", "200"]
    assert rows["other"] == ["5 %", "0 %", "−5 pp", "0"]
    assert rows["not recorded"] == ["", "", "", "9"]
    assert "is no attribute of this audit" in age.note


def test_a_population_of_an_attribute_that_nobody_recorded(make_document: Make) -> None:
    made = make_document(pairs=0).model_copy(update={"declared": DECLARED})
    nobody = made.data.model_copy(update={"attributes": [AttributeFacts(name="gender", counts={"": 400})]})
    gender, _ = population_tables(made.model_copy(update={"data": nobody}))
    assert [cell.text for cell in gender.rows[0]][2:] == ["", "", "0"]


def test_missing_metadata_are_counted_also_where_nothing_is_missing(make_document: Make) -> None:
    rows = {row[0].text: row[2].text for row in missing_table(make_document(pairs=0)).rows}
    regions = {f"region {name}": "20" for name in ("coat", "face", "hair", "stethoscope")}
    assert rows == {"attribute gender": "9", **regions}
    assert missing_table(make_document(pairs=0, n=0)).rows[0][3].text == ""


def test_findings_show_what_was_decided(found: Document, tmp_path: Path) -> None:
    face = found.findings[0].fingerprint
    lawful = filed(
        found,
        said(finding=face, disposition="mitigate", role="owner", expires="2027-01-31"),
        said(finding=found.findings[1].fingerprint, expires="2026-11-22"),
        said(reason="<i>all</i>"),
    )
    page = page_of(found, tmp_path, filed=lawful)
    summary = words(page[page.index('id="summary"') : page.index('id="findings"')])
    assert "to be mitigated" in summary
    assert "1 signed decision has expired." in summary
    details = words(page[page.index('id="findings"') : page.index('id="checks"')])
    assert "F-01 to be mitigated: because (A. Example, owner, 2026-11-01, until 2027-01-31)" in details
    assert "F-02 accepted, expired: because" in details
    section = words(page[page.index('id="sign-off"') : page.index('id="appendix"')])
    assert "1 of 3 findings decided. The whole report is signed." in section
    assert lawful.sha256 in section
    assert "&lt;i&gt;all&lt;/i&gt;" in page
    assert "does not belong" not in page


def test_a_sign_off_for_another_audit_is_said_loudly(found: Document, tmp_path: Path) -> None:
    other = filed(
        found, said(audit_sha256="0" * 64, finding=found.findings[0].fingerprint), said(audit_sha256="0" * 64)
    )
    page = page_of(found, tmp_path, filed=other)
    alarm = "The sign-off does not belong to this audit: audit.json is not the file that was signed."
    assert words(page[page.index('id="summary"') : page.index('id="findings"')]).count(alarm) == 1
    section = words(page[page.index('id="sign-off"') : page.index('id="appendix"')])
    assert alarm in section
    assert "0 of 3 findings decided. The whole report is not signed." in section
    assert section.count("signed for another audit.json") == 2


def test_later_decisions_replace_earlier_ones_which_stay_on_the_page(found: Document) -> None:
    face = found.findings[0].fingerprint
    section = signed_off(
        found,
        filed(found, said(finding=face), said(finding=face, disposition="reject"), said(finding="gone:from:here")),
    )
    assert section.findings[0].mark == "rejected"
    assert [(row.title, row.state) for row in section.past] == [
        (section.findings[0].title, "replaced by a later decision"),
    ]
    mixed = signed_off(found, filed(found, said(), said(audit_sha256="0" * 64)))
    assert mixed.alarm.startswith("1 decision was signed for another audit.json")
    assert mixed.whole[0].state == ""


def test_the_same_files_give_the_same_report_on_any_day_before_the_expiry(found: Document, tmp_path: Path) -> None:
    record = said(expires="2027-01-31")
    pages = [page_of(found, tmp_path, filed=filed(found, record, today=day)) for day in ("2026-11-23", "2027-01-31")]
    assert pages[0] == pages[1]
    assert page_of(found, tmp_path, filed=filed(found, record, today="2027-02-01")) != pages[0]


RATES: dict[str, Any] = {"predicted": "doctor", "attribute": "gender"}


def selecting(make_document: Make, ratio: float = 0.66, **changes: Any) -> Document:
    made = make_document(pairs=0)
    key = {**RATES, "subgroup": "woman"}
    rows = [
        estimate("selection_rate", 0.5, n=200, **RATES, subgroup="man"),
        estimate("selection_rate", 0.5 * ratio, n=200, **key),
        estimate("selection_rate", 0.4, n=9, **RATES, subgroup=""),
        estimate("group_share", 0.5, n=400, **RATES, subgroup="man"),
        estimate("group_share", 0.015, n=400, **key),
        estimate("impact_ratio", ratio, half=0.11, n=400, p_value=0.0021, **key),
        estimate("flip_one_ratio", changes.pop("flipped", 0.67), n=400, **key),
    ]
    rows = [row.model_copy(update={"unit": "index"}) if "ratio" in row.statistic else row for row in rows]
    asked = made.report.model_copy(update={"positive": "doctor", "preset": "ll144"})
    return made.model_copy(update={"estimates": [*made.estimates, *rows], "report": asked})


def test_the_golden_sentence_of_a_screening_ratio(make_document: Make) -> None:
    made = selecting(make_document)
    section = selection(made, Estimates(made))
    assert section is not None
    assert [line.replace(SPACE, " ") for line in section.sentences] == [
        "Screening ratio 0.66 [0.55, 0.77] is below 0.80: gender woman, 33 % (n = 200), against man, 50 % (n = 200)."
    ]
    (table,) = section.tables
    rows = {row[0].text: row for row in table.rows}
    assert [cell.text.replace(SPACE, " ") for cell in rows["woman"][1:]] == [
        "200", "2 %", "66", "33 %", "0.66", "0.0021", "0.67",
    ]  # fmt: skip
    assert rows["woman"][2].note == "below 2 %"
    assert rows["man"][5].text == "highest"
    assert rows["not recorded"][1].text == "9"


def test_a_verdict_on_small_numbers_says_so(make_document: Make) -> None:
    made = selecting(make_document, ratio=0.7996, flipped=0.81)
    section = selection(made, Estimates(made))
    assert section is not None
    assert section.sentences[0].startswith("Screening ratio 0.7996 [0.69, 0.91] is below 0.80")
    assert section.sentences[0].endswith("One answer more and one less would turn that (0.81).")
    assert section.tables[0].rows[1][7].note == "crosses 0.80"
    exact = selecting(make_document, ratio=4 / 12 / (5 / 12))
    above = selection(exact, Estimates(exact))
    assert above is not None
    assert above.sentences[0].startswith("No screening ratio is below 0.80")


def test_the_page_on_selection_says_what_it_is_not(make_document: Make, tmp_path: Path) -> None:
    page = words(page_of(selecting(make_document), tmp_path))
    assert "This tool is not an independent auditor." in page
    assert "NYC Local Law 144" in page
    assert not re.search(r"\bviolat|\billegal|\bcomplian", page)
    assert selection(make_document(pairs=0), Estimates(make_document(pairs=0))) is None


@pytest.mark.slow
def test_the_pdf_carries_its_attachments_byte_by_byte(found: Document, tmp_path: Path) -> None:
    made = found.model_copy(update={"declared": DECLARED, "estimates": found.estimates[::9]})
    signed = filed(made, said(finding=made.findings[0].fingerprint), said())
    assert write_pdf(made, tmp_path / "report.pdf", filed=signed) == ()
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    assert {name: content[0] for name, content in reader.attachments.items()} == {
        "audit.json": signed.audit,
        "sign-off.json": signed.signed,
    }
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).replace(SPACE, " ").split())
    pages = len(reader.pages)
    assert text.count("Evidence document, not a certificate · AUD-7, rev. 2, internal") == pages
    assert signed.sha256 in text.replace(" ", "")
    first = reader.pages[0].extract_text()
    assert "Not tested in this run" in first
    assert "Contents" in reader.pages[1].extract_text()
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles[-4:] == [
        "12 Limitations and residual risk", "13 Requirement index", "14 Dispositions and sign-off",
        "15 Appendix: all numbers",
    ]  # fmt: skip
