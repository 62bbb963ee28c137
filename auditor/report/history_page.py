"""A history as one HTML page that asks for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.catalogue import SOURCE
from auditor.report.figures import count
from auditor.report.history_charts import ROWS, draw_levels, draw_shares
from auditor.report.history_rates import rates
from auditor.report.history_words import (
    ALONE,
    BY_NAME,
    CAUTION,
    DAY,
    MARKS,
    NO_TEST,
    TURNS,
    find_names,
    made,
    measured,
    name,
    role,
    tell_cue,
    tell_turn,
    title,
)
from auditor.report.levels import LEVELS, badge
from auditor.report.pages import Page
from auditor.report.plaintext import clean, line, write_text
from auditor.report.tables import chunks
from auditor.report.templating import environment
from auditor.report.translation import speak_of
from auditor.resources import templates

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from auditor.documents.histories import Cell, Decided, History, Row, Version
    from auditor.report.figures import Number
    from auditor.report.levels import Badge

WIDE: Final = 5
"""Audits in one table of findings; more go into a further one."""
SCRIPTS: Final = ("report.js", "tables.js")


class _Leaf(Page):
    """A page without pictures."""

    @property
    def script(self) -> Markup:
        """All scripts."""
        return Markup("\n" + "\n".join((templates() / file).read_text(encoding="utf-8") for file in SCRIPTS))  # noqa: S704


@dataclass(frozen=True, kw_only=True)
class Audit:
    """One row of the table of audits."""

    number: int
    name: str
    made: str
    model: str
    images: str
    overall: Number
    worst: Number
    group: str
    version: str  # what kind of version is shown; nothing for the audit itself


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One finding in one audit."""

    badge: Badge | None  # None: not evaluated
    mark: str
    what: str
    number: str
    turn: str  # nothing where there is nothing to say
    decided: Decided | None
    cue: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a table of findings."""

    title: str
    role: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of findings: some of the audits."""

    heads: tuple[Audit, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Move:
    """From one audit to the next."""

    anchor: str
    title: str
    differences: tuple[str, ...]
    note: str  # that the model or the audit is the same; nothing where they are not
    verdict: str  # of a comparison, where one was made
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that the page says."""

    title: str
    lead: str
    period: str
    tool: str
    audits: tuple[Audit, ...]
    sheets: tuple[Sheet, ...]
    moves: tuple[Move, ...]
    apart: tuple[str, ...]  # steps at which more than the model changed
    levels: tuple[tuple[Badge, str], ...]
    marks: tuple[tuple[str, str], ...]
    level_charts: tuple[Markup, ...]
    share_charts: tuple[Markup, ...]
    undrawn: int  # findings that the chart has no room for
    skipped: tuple[str, ...]
    remarks: tuple[str, ...]
    reading: tuple[str, ...]


def write_history(history: History, path: str | os.PathLike[str], *, language: str = SOURCE) -> None:
    """Write a history as one HTML file; the same history gives the same bytes.

    Parameters
    ----------
    history
        At least one audit.
    path
        Where to write.
    language
        Code of the language that it is written in: see `auditor.report.catalogue`.

    Raises
    ------
    RenderError
        If the file cannot be written.
    UsageError
        If there is no catalogue of the language.
    """
    write_text(path, render_history(history, language=language), what="history")


def render_history(history: History, *, language: str = SOURCE) -> str:
    """Render a history as a page of HTML.

    Parameters
    ----------
    history
        At least one audit.
    language
        Code of the language that it is written in.

    Returns
    -------
    str
        The page.
    """
    page = _Leaf(styles=("screen.css", "history.css"))
    filled = environment().get_template("history.html.j2").render(h=see_history(history), page=page)
    return speak_of(clean(filled), find_names(history), language=language)


def see_history(history: History) -> Told:
    """Turn a history into what its page says.

    Parameters
    ----------
    history
        At least one audit.

    Returns
    -------
    Told
        Plain data; the template holds no logic.
    """
    versions = history.versions
    audits = tuple(_audit(version, place) for place, version in enumerate(versions, start=1))
    cells = list(chain.from_iterable(row.cells for row in history.rows))
    seen = {cell.finding.level for cell in cells if cell.finding is not None} - {"E0"}
    turns = {cell.turn for cell in cells}
    marks = [(mark, TURNS[turn]) for turn, mark in MARKS.items() if turn in turns]
    marks += [(CAUTION, "more than the model changed: see Steps")] if any(cell.besides for cell in cells) else []
    days = [made(version, DAY) for version in versions]
    return Told(
        title=f"{audits[0].name} to {audits[-1].name}" if len(audits) > 1 else audits[0].name,
        lead=_lead(history),
        period=" to ".join(dict.fromkeys((days[0], days[-1]))),
        tool=f"{versions[-1].document.tool.name} {versions[-1].document.tool.version}",
        audits=audits,
        sheets=tuple(_sheets(history, audits)),
        moves=tuple(_moves(history)),
        apart=tuple(f"{k} → {k + 1}" for k, step in enumerate(history.steps, start=1) if step.differences),
        levels=tuple((badge(level), words) for level, (words, _) in LEVELS.items() if level in seen),
        marks=tuple(marks),
        level_charts=tuple(draw_levels(history)),
        share_charts=tuple(draw_shares(history)),
        undrawn=max(len(history.rows) - ROWS, 0),
        skipped=tuple(map(line, history.skipped)),
        remarks=tuple(map(line, history.remarks)),
        reading=tuple(words.replace("`", "") for words in (NO_TEST, BY_NAME)) if len(versions) > 1 else (),
    )


def _audit(version: Version, number: int) -> Audit:
    told, document = rates(version), version.document
    note = document.redaction
    shown = "" if note is None else "public version" if note.public else "names of images hashed"
    return Audit(
        number=number,
        name=name(version),
        made=made(version),
        model=line(document.model.weights_sha256[:12]),
        images=count(document.data.n_read),
        overall=told.overall,
        worst=told.worst,
        group=told.group,
        version=shown,
    )


def _lead(history: History) -> str:
    """What the page is about, and how the last step came out, in words."""
    n, rows = len(history.versions), history.rows
    noun = "finding" if len(rows) == 1 else "findings"
    if n == 1:
        return f"{ALONE} It holds {count(len(rows))} {noun}."
    turns = [row.cells[-1].turn for row in rows]
    last = "; ".join(f"{TURNS[turn]} ({turns.count(turn)})" for turn in MARKS if turns.count(turn))
    return f"{count(n)} audits and {count(len(rows))} {noun}. In the last audit: {last or 'no level changed'}."


def _sheets(history: History, audits: tuple[Audit, ...]) -> Iterator[Sheet]:
    if not history.rows:
        return
    for heads in chunks(audits, WIDE):
        lines = tuple(
            Line(
                title=title(row, history),
                role=role(row),
                entries=tuple(_entry(history, row, head.number - 1) for head in heads),
            )
            for row in history.rows
        )
        yield Sheet(heads=tuple(heads), lines=lines)


def _entry(history: History, row: Row, place: int) -> Entry:
    cell, version = row.cells[place], history.versions[place]
    what, number = measured(cell, version)
    finding = cell.finding
    evaluated = finding is not None and cell.turn != "not evaluated"
    return Entry(
        badge=badge(finding.level) if finding is not None and evaluated else None,
        mark=_mark(cell),
        what=what,
        number=number,
        turn=tell_turn(history, row, place) if cell.turn in MARKS else "",
        decided=version.decided.get(finding.fingerprint) if finding is not None else None,
        cue=tell_cue(cell),
    )


def _mark(cell: Cell) -> str:
    return MARKS.get(cell.turn, "") + (CAUTION if cell.besides else "")


def _moves(history: History) -> Iterator[Move]:
    for place, step in enumerate(history.steps):
        before, after = (name(history.versions[k]) for k in (place, place + 1))
        note = "The model is the same: what changed is not its doing." if step.same_model else ""
        verdict = "" if step.verdict is None else f"{step.verdict.leaning}. {line(step.verdict.headline)}"
        changed = [row for row in history.rows if row.cells[place + 1].turn in MARKS]
        yield Move(
            anchor=f"step-{place + 1}",
            title=f"{place + 1} → {place + 2}: {before} to {after}",
            differences=tuple(line(one.words) for one in step.differences),
            note="It is the very same audit.json." if step.same_audit else note,
            verdict=verdict,
            changes=tuple(f"{title(row, history)}: {tell_turn(history, row, place + 1)}" for row in changed),
        )
