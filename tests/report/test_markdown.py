"""The job summary: short, complete, and plain text whatever the data are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from auditor.report.escaping import escape, paragraph
from auditor.report.markdown import LINES, summarise
from auditor.report.plaintext import line
from tests.report.hostile import EDGES, NAMES, hostile
from tests.report.laddered import ALL_LEVELS, MANY, laddered, protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markdown_it.token import Token

    from auditor.documents.document import Document

    Make = Callable[..., Document]

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {
    "heading_open", "heading_close", "inline", "text", "paragraph_open", "paragraph_close", "strong_open",
    "strong_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "table_open",
    "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open",
    "th_close", "td_open", "td_close", "text_special",
}  # fmt: skip


JOINER = "\N{WORD JOINER}"


def tokens(text: str) -> Iterator[Token]:
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def words(text: str) -> str:
    """What is read; the mark that keeps a name from being a mention has no width."""
    read = "".join(token.content for token in tokens(text) if token.type in {"text", "text_special"})
    return read.replace(JOINER, "")


def cells(text: str) -> list[list[str]]:
    """Rows of the table, as a reader of Markdown sees them."""
    found: list[list[str]] = []
    inside = False
    for token in READER.parse(text):
        inside = inside or token.type == "table_open"
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline" and inside:
            kept = [child for child in token.children or () if child.type in {"text", "text_special"}]
            assert kept == token.children
            found[-1].append("".join(child.content for child in kept).replace(JOINER, ""))
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("write", [escape, paragraph])
def test_a_name_is_printed_as_it_is(name: str, write: Callable[[str], str]) -> None:
    before = "" if write is paragraph else "x "
    after = READER.parse(f"{before}{write(name)} y")
    assert {token.type for token in tokens(f"{before}{write(name)} y")} <= {
        "paragraph_open", "paragraph_close", "inline", "text", "text_special",
    }  # fmt: skip
    assert len(after) == 3
    assert words(f"{before}{write(name)} y").split() == f"{before}{line(name)} y".split()


@given(st.text(st.sampled_from("ab1 .`*_[](){}<>|~#+-=!&;:/\\\"'$@\n\t"), min_size=1, max_size=30))
def test_no_text_is_mark_up(text: str) -> None:
    written = f"- x {escape(text)} y\n- {paragraph(text)}\n"
    assert {token.type for token in tokens(written)} <= OURS
    kept = [token.content for token in READER.parse(written) if token.type == "inline"]
    assert words(f"{kept[0]}\n").split() == f"x {line(text)} y".split()
    assert "".join(words(written).split()) == "".join(f"x {line(text)} y {line(text)}".split())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_in_its_cell(name: str) -> None:
    table = f"| a | b |\n|---|---|\n| {escape(name)} | end |\n"
    assert cells(table)[1][1] == "end"
    assert cells(table)[1][0].split() == line(name).split()


@pytest.mark.parametrize(
    "name", ["@team", "#12", "me/it#3", "GH-7", "!4", "~bug", "%5", '%"six"', "&7", "$8", "a@b.example"]
)
def test_a_name_calls_nobody_on_a_code_host(name: str) -> None:
    read = "".join(token.content for token in tokens(f"x {escape(name)} y") if token.type in {"text", "text_special"})
    assert not re.search(r"[@~]\w|[#!%&$]\d|[~%]\"|GH-\d", read)
    assert read.replace(JOINER, "") == f"x {name} y"
    assert escape("82 % of 5 & 6 (AT&T)") == "82 % of 5 &amp; 6 (AT&amp;T)"


def test_the_table_holds_what_is_not_ruled_out(make_document: Make) -> None:
    audit = laddered(make_document(pairs=0), [("R", "coat", "gender"), ("E4", "face", "gender"), ("I", "hair", None)])
    rows = cells(summarise(audit))
    assert rows[0] == ["", "Level", "Finding", "Effect", "Interval", "n", "Adjusted p"]
    assert rows[1][:2] == ["F-01", "E4 uses and hurts"]
    assert rows[1][2] == "face · gender: woman against man (protected)"
    # The smaller of the two ways of hiding, with the interval that allows for having picked the finding.
    assert [cell.replace("\xa0", " ") for cell in rows[1][3:]] == ["+0.28 SD", "+0.20 SD to +0.40 SD", "800", "0.0040"]
    assert [row[1] for row in rows[2:]] == ["I inconclusive"]


def test_levels_are_counted(make_document: Make) -> None:
    text = summarise(laddered(make_document(pairs=0), ALL_LEVELS))
    assert "Use found in **3 of 10** findings." in text
    assert "**E4** uses and hurts: 1 · **E3** uses: 1 · **E3\N{PRIME}** uses without looking: 1" in text
    assert "**R** ruled out above the margin: 2" in text


def test_warnings_of_page_one_and_limits_are_told(make_document: Make) -> None:
    text = summarise(laddered(make_document(pairs=0), ALL_LEVELS))
    assert re.search(r"\*\*Warnings\*\*\n\n- Withheld: .*“Deletion” failed", text)
    assert "- 2 of 402 images were left out: 1 truncated, 1 not an image." in text
    assert "**Not tested in this run**\n\n- Whether hiding a region changes the answer." in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"findings": [], "protocol": None}, "No region was hidden, so nothing is said about what the model uses."),
        ({"findings": [], "protocol": protocol()}, "There was no pair of region and attribute to test."),
    ],
)
def test_no_findings_are_said_to_be_none(make_document: Make, changes: Any, expected: str) -> None:
    text = summarise(make_document(pairs=0).model_copy(update=changes))
    assert expected in text
    assert "| Level |" not in text
    assert "The model's answer is right for" in text


@pytest.mark.parametrize("edge", [name for name in EDGES if name != "two hundred classes"])
@pytest.mark.parametrize("crowded", [True, False])
def test_it_is_never_longer_than_thirty_lines(make_document: Make, edge: str, *, crowded: bool) -> None:
    audit = make_document(**EDGES[edge])
    if crowded:
        many = [f"warning {k} " + "x" * 5000 for k in range(90)]
        audit = laddered(audit, MANY, warnings=many, not_tested=many)
    text = summarise(audit)
    assert text.count("\n") <= LINES
    assert len(text.encode()) < 2**15
    assert {token.type for token in tokens(text)} <= OURS


def test_what_there_is_no_room_for_is_counted(make_document: Make) -> None:
    many = [f"warning {k}" for k in range(90)]
    text = summarise(laddered(make_document(pairs=0), MANY, warnings=many, not_tested=many))
    assert "… and 41 more, in audit.json | | | | |" in text  # of 60, 12 are ruled out and 7 shown
    assert text.count("- … and ") == 2
    assert "- … and 88 more, in audit.json" in text


def test_a_hostile_audit_is_plain_text(make_document: Make) -> None:
    text = summarise(hostile(make_document))
    assert {token.type for token in tokens(text)} <= OURS
    assert text.count("\n") <= LINES
    assert "<script" not in text
    assert len({len(row) for row in cells(text)}) == 1
