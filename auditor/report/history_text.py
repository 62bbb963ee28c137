"""A history in a terminal: tables and a chart in plain text, which need neither colour nor more than 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from auditor.report.figures import NOTHING, SPACE, count
from auditor.report.history_rates import rates
from auditor.report.history_words import (
    ALONE,
    CAUTION,
    MARKS,
    MINUTE,
    NO_TEST,
    TURNS,
    code,
    made,
    measured,
    name,
    role,
    tell_cue,
    tell_turn,
    title,
)
from auditor.report.levels import LEVELS, badge
from auditor.report.monospace import cells, fit, pad, scale, whisker
from auditor.report.plaintext import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.histories import History, Row
    from auditor.report.figures import Number

NARROWEST: Final = 80
WIDEST: Final = 160
CELL: Final = 6
"""Columns of a level with its marks and a space."""
AUDITS: Final = 20
"""Audits that are told of: the last ones."""
LONGEST: Final = 6
"""Audits of one finding whose numbers are listed: the last ones."""
MOST: Final = 30
"""Findings in a table; changes of a step."""
NUMBERED: Final = 12
"""Findings whose numbers are listed."""
PAGE: Final = "in the HTML page (--out FILE.html)"
_FEW: Final = 5
_NARROW: Final = 38
_USED: Final = frozenset({"E3", "E3'", "E4"})


def tell_history(history: History, *, width: int = 80) -> str:
    """Tell a history in plain text.

    Parameters
    ----------
    history
        At least one audit.
    width
        Columns of the terminal; taken as at least 80 and at most 160.

    Returns
    -------
    str
        Tables, a chart, what changed at each step, and how to read it.
    """
    width = min(max(width, NARROWEST), WIDEST)
    parts = [
        _audits(history, width),
        _chart(history, width),
        _ladder(history, width),
        _numbers(history, width),
        _steps(history, width),
        _reading(history, width),
    ]
    text = "\n\n".join("\n".join(part) for part in map(list, parts) if part)
    return text.replace(SPACE, " ")


def _places(history: History) -> range:
    """Places of the audits that are told of."""
    n = len(history.versions)
    return range(max(n - AUDITS, 0), n)


def _wrap(words: str, width: int, *, first: str = "", rest: str | None = None) -> list[str]:
    rest = first if rest is None else rest
    wrapped = textwrap.wrap(words, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return [one.rstrip() for one in wrapped]


def _audits(history: History, width: int) -> Iterator[str]:
    versions = history.versions
    n, places = len(versions), _places(history)
    yield f"{count(n)} audits, oldest first" if n > 1 else ALONE
    if places.start:
        yield f"Told of here: the last {AUDITS}. All are {PAGE}."
    yield ""
    names = {place: fit(name(versions[place]), 24) for place in places}
    room = max([5, *map(cells, names.values())])
    yield f"  {'no.':>3}  {pad('audit', room)}  {'made':<16}  {'model':<10}  {'images':>8}"
    for place in places:
        version = versions[place]
        model = line(version.document.model.weights_sha256[:10])
        read = count(version.document.data.n_read)
        row = f"  {place + 1:>3}  {pad(names[place], room)}  {pad(made(version, MINUTE), 16)}  {pad(model, 10)}"
        yield f"{row}  {read:>8}"
    for words in history.remarks:
        yield from _wrap(line(words), width, first="  note: ", rest="        ")


def _chart(history: History, width: int) -> Iterator[str]:
    """Accuracy of every audit on one scale, with its interval; below it that of the worst group."""
    told = {place: rates(history.versions[place]) for place in _places(history)}
    numbers = [number for one in told.values() for number in (one.overall, one.worst) if number.value is not None]
    yield "Answered right: all images (o) and the worst group (x), with intervals"
    if not numbers:
        yield "  not measured"
        return
    room = width - 7 - 29
    low, high, ruler = scale(numbers, room)
    yield f"       {ruler}"
    for place, one in told.items():
        for mark, number in (("o", one.overall), ("x", one.worst)):
            lead = f"  {place + 1:>3}" if mark == "o" else "     "
            drawn = whisker(number, (low, high), room=room, mark=mark)
            yield f"{lead}  {drawn}  {_printed(number)}".rstrip()
        if one.group:
            yield from _wrap(f"worst: {one.group}", width, first="       ")


def _printed(number: Number) -> str:
    if number.value is None:
        return number.text
    return f"{number.text} {number.brief} n {count(number.n)}" + (" (few)" if number.small else "")


def _ladder(history: History, width: int) -> Iterator[str]:
    """Levels by finding and audit, in as many blocks as there are columns for."""
    yield "Findings: level of evidence in each audit"
    if not history.rows:
        yield "  no audit has findings: nothing was hidden in any"
        return
    rows = history.rows[:MOST]
    labels = [f"{title(row, history)}{f' ({role(row)})' if role(row) else ''}" for row in rows]
    every = _places(history)
    room = min(max(cells(label) for label in labels), 52 if len(every) <= _FEW else _NARROW)
    step = max((width - 2 - room - 1) // CELL, 1)
    for start in range(every.start, every.stop, step):
        places = range(start, min(start + step, every.stop))
        yield ""
        yield "  " + " " * room + " " + "".join(f"{place + 1:>3}   " for place in places).rstrip()
        for label, row in zip(labels, rows, strict=True):
            levels = "".join(pad(f" {_right(code(row.cells[place]))}", CELL) for place in places)
            yield f"  {pad(fit(label, room), room)} {levels}".rstrip()
    if len(history.rows) > MOST:
        yield f"  {count(len(history.rows) - MOST)} more findings, {PAGE}"
    yield ""
    yield from _key(history, width)


def _right(printed: str) -> str:
    """A level set so that figures stand below figures and marks behind them."""
    level, _, marks = printed.partition(" ")
    return f"{level:>2}{marks}"


def _key(history: History, width: int) -> Iterator[str]:
    """What the levels and marks that occur mean."""
    every = [cell for row in history.rows for cell in row.cells]
    seen = {cell.finding.level for cell in every if cell.finding is not None and cell.turn != "not evaluated"}
    told = [f"{badge(level).code} {words}" for level, (words, _) in LEVELS.items() if level in seen]
    told += [f"{NOTHING} not evaluated"] if any(cell.turn == "not evaluated" for cell in every) else []
    yield from _wrap("; ".join(told), width, first="  ")
    turns = {cell.turn for cell in every}
    for turn, mark in MARKS.items():
        if turn in turns:
            yield f"  {mark} {TURNS[turn]}"
    if any(cell.besides for cell in every):
        yield f"  {CAUTION} more than the model changed: see below"


def _numbers(history: History, width: int) -> Iterator[str]:
    """The effect, audit by audit, of findings that are of interest."""
    rows = [row for row in history.rows if _matters(row)]
    if not rows:
        return
    words = "Effects, where use was found in some audit or a level changed: the smallest of those that must agree"
    yield from _wrap(words, width)
    for row in rows[:NUMBERED]:
        yield ""
        yield from _wrap(f"{title(row, history)}{f' ({role(row)})' if role(row) else ''}", width, first="  ")
        yield from _told(row, history, width)
    if len(rows) > NUMBERED:
        yield ""
        yield f"  {count(len(rows) - NUMBERED)} more such findings, {PAGE}"
    rest = len(history.rows) - len(rows)
    if rest:
        yield ""
        noun, kept = ("finding", "its level") if rest == 1 else ("findings", "their levels")
        yield f"  {count(rest)} other {noun} kept {kept}, with no use found."


def _matters(row: Row) -> bool:
    used = any(cell.finding is not None and cell.finding.level in _USED for cell in row.cells)
    return used or any(cell.turn in MARKS for cell in row.cells)


def _told(row: Row, history: History, width: int) -> Iterator[str]:
    skipped = max(len(row.cells) - LONGEST, 0)
    if skipped:
        yield f"     {count(skipped)} earlier {'audit' if skipped == 1 else 'audits'}: {PAGE}"
    for place in range(skipped, len(row.cells)):
        cell, version = row.cells[place], history.versions[place]
        what, number = measured(cell, version)
        words = f"{what} {number}".strip()
        yield from _wrap(words, width, first=f"  {place + 1:>3}  {pad(_right(code(cell)), 4)}  ", rest=" " * 13)
        decided = version.decided.get(cell.finding.fingerprint) if cell.finding is not None else None
        if decided is not None:
            yield from _wrap(line(decided.words), width, first=" " * 13)
        yield from _wrap(tell_cue(cell), width, first=" " * 13)


def _steps(history: History, width: int) -> Iterator[str]:
    """What changed from one audit to the next, and what else did."""
    if not history.steps:
        return
    yield "Steps"
    quiet = []
    for place in _places(history)[:-1]:
        told = list(_step(history, place, width))
        if told:
            yield f"  {place + 1} → {place + 2}"
            yield from told
        else:
            quiet.append(f"{place + 1} → {place + 2}")
    if quiet:
        words = f"No level changed, with the same images and settings: {', '.join(quiet)}."
        yield from _wrap(words, width, first="  ")


def _step(history: History, place: int, width: int) -> Iterator[str]:
    step = history.steps[place]
    if step.same_audit:
        yield "     the very same audit.json"
    elif step.same_model:
        yield "     the same model: what changed is not its doing"
    if step.differences:
        yield "     not comparable as they stand:"
    for one in step.differences:
        yield from _wrap(line(one.words), width, first="     ! ", rest="       ")
    if step.verdict is not None:
        words = f"compared pair by pair: {step.verdict.leaning}. {line(step.verdict.headline)}"
        yield from _wrap(words, width, first="     ")
    yield from _changes(history, place + 1, width)


def _changes(history: History, place: int, width: int) -> Iterator[str]:
    rows = [row for row in history.rows if row.cells[place].turn in MARKS]
    for row in rows[:MOST]:
        yield from _wrap(
            f"{title(row, history)}: {tell_turn(history, row, place)}", width, first="     ", rest="       "
        )
    if len(rows) > MOST:
        yield f"     {count(len(rows) - MOST)} more changes, {PAGE}"


def _reading(history: History, width: int) -> Iterator[str]:
    if len(history.versions) > 1:
        yield from _wrap(NO_TEST, width)
