"""Words of a history: what became of a finding, what else changed with it, and what may not be read into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.properties import is_property
from auditor.report.attention import ROLES
from auditor.report.estimates import Estimates
from auditor.report.figures import LEFT_OUT, NOTHING
from auditor.report.levels import badge, comparison, region_name
from auditor.report.names import names_in, shown
from auditor.report.outcomes import effect
from auditor.report.plaintext import line
from auditor.report.vocabulary import statistic_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.histories import Cell, History, Row, Topic, Turn, Version

MARKS: Final[dict[Turn, str]] = {"new": "#", "appeared": "+", "gone": "-", "no longer shown": "?", "changed": "~"}
"""Stand behind a level that is not that of the audit before."""
CAUTION: Final = "*"
"""Stands behind these where more than the model changed."""
TURNS: Final[dict[Turn, str]] = {
    "first": "the first audit",
    "new": "evaluated for the first time",
    "same": "the same level",
    "appeared": "use is found that was not found before",
    "gone": "use was found before and is ruled out above the margin now",
    "no longer shown": "use was found before and is now neither found nor ruled out",
    "changed": "another level",
    "not evaluated": "not evaluated",
}
TOPICS: Final[dict[Topic, str]] = {
    "images": "images or annotations",
    "classes": "classes",
    "regions": "regions",
    "attributes": "attributes",
    "groups": "groups",
    "hiding": "what was hidden",
    "margins": "margins",
    "rules": "rules",
    "maps": "maps",
    "frame": "what the model sees",
    "tool": "tool version",
    "version": "what is shown of the audit",
}
NO_TEST: Final = (
    "A row of estimates is no test. Intervals of two audits of the same images are not independent, so whether they "
    "overlap tells little; a level can also change because an interval crossed a margin by a hair. "
    "`auditor compare` measures the paired difference, image by image, with its interval."
)
BY_NAME: Final = (
    "That two audits are of the same images is told by their manifests: names, labels, attributes, regions and roles. "
    "A photograph that was replaced under its name is not noticed."
)
ALONE: Final = "One audit: nothing to compare yet."
DAY: Final = 10
MINUTE: Final = 16


def title(row: Row, history: History) -> str:
    """Say what a row is about.

    Parameters
    ----------
    row
        Of the history.
    history
        Its audits.

    Returns
    -------
    str
        Region and attribute as the last audit that has the finding tells them, on one line.
    """
    place = max(k for k, cell in enumerate(row.cells) if cell.finding is not None)
    document = history.versions[place].document
    compared = line(comparison(row.last, document))
    region = line(region_name(row.region))
    return f"{region} · {compared}" if compared else region


def role(row: Row) -> str:
    """Say what a row's region was declared to be.

    Parameters
    ----------
    row
        Of the history.

    Returns
    -------
    str
        Nothing for a property of the whole picture.
    """
    return "" if is_property(row.region) else ROLES[row.last.role]


def code(cell: Cell) -> str:
    """Print a level with its marks.

    Parameters
    ----------
    cell
        Of a row.

    Returns
    -------
    str
        As in ``E3 +*``; a dash where the audit does not evaluate the finding.
    """
    if cell.finding is None or cell.finding.level == "E0":
        return NOTHING
    marks = MARKS.get(cell.turn, "") + (CAUTION if cell.besides else "")
    return f"{badge(cell.finding.level).code} {marks}".rstrip()


def measured(cell: Cell, version: Version) -> tuple[str, str]:
    """Print the number that decides about a finding.

    Parameters
    ----------
    cell
        Of a row.
    version
        Its audit.

    Returns
    -------
    tuple of str
        What was measured, and the number with interval and n; why there is none where there is none.
    """
    if cell.turn == "not evaluated" or cell.finding is None:
        return "", cell.why
    found = effect(cell.finding)
    if found is None:
        left = version.document.redaction is not None
        return "", LEFT_OUT if left else "no number decides it"
    return statistic_name(found.statistic), Estimates(version.document).printed(found).cited


def tell_turn(history: History, row: Row, place: int) -> str:
    """Tell what became of a finding in one audit.

    Parameters
    ----------
    history
        All of it.
    row
        Of it.
    place
        Of the audit.

    Returns
    -------
    str
        One sentence without its full stop, with what may not be read into it.
    """
    cell = row.cells[place]
    if cell.turn == "not evaluated":
        return f"not evaluated: {cell.why}"
    if cell.since is None and cell.finding is not None and cell.turn == "new":
        return f"{badge(cell.finding.level).code}: {TURNS[cell.turn]}"
    if cell.since is None or cell.turn == "same":
        return TURNS[cell.turn]
    earlier = row.cells[cell.since].finding
    levels = f"{badge(earlier.level).code} → {badge(cell.finding.level).code}" if earlier and cell.finding else ""
    words = f"{levels}: {TURNS[cell.turn]}"
    if cell.since != place - 1:
        words += f", set against {name(history.versions[cell.since])}"
    cautions = "; ".join(tell_cautions(history, cell, place))
    return f"{words}; {cautions}" if cautions else words


def tell_cautions(history: History, cell: Cell, place: int) -> Iterator[str]:
    """Tell why a change of level may not be the model's doing.

    Parameters
    ----------
    history
        All of it.
    cell
        One that is set against an earlier one.
    place
        Of its audit.

    Yields
    ------
    str
        One reason each; none where settings and images are the same and the model is another.
    """
    if cell.since is None or cell.turn == "same":
        return
    hashes = {history.versions[k].document.model.weights_sha256 for k in (cell.since, place)}
    if len(hashes) == 1:
        yield "the model is the same: this is not its doing"
    topics = list(dict.fromkeys(one.topic for one in cell.besides))
    if "images" in topics:
        yield "not on the same images: whether model or images did this is not told"
    others = [TOPICS[topic] for topic in topics if topic != "images"]
    if others:
        yield f"also changed: {', '.join(others)}"


def tell_cue(cell: Cell) -> str:
    """Tell what a comparison says of a finding.

    Parameters
    ----------
    cell
        Of a row.

    Returns
    -------
    str
        Nothing where none was made.
    """
    if cell.cue is None:
        return ""
    return f"compared pair by pair: {cell.cue.leaning}. {line(cell.cue.sentence)}"


def name(version: Version) -> str:
    """An audit's name on one line, of a length that fits.

    Parameters
    ----------
    version
        The audit.

    Returns
    -------
    str
        Cut in its middle where it is too long.
    """
    return shown(line(version.name)) or "audit"


def find_names(history: History) -> set[str]:
    """What the data of all audits, and the audits themselves, are called: no words, whatever they read like.

    Parameters
    ----------
    history
        All of it.

    Returns
    -------
    set of str
        Each as it is and as it is cut.
    """
    names = {form for version in history.versions for form in (version.name, name(version))}
    names |= {model.name for version in history.versions for one in version.comparisons for model in one.models}
    return names.union(*(names_in(version.document) for version in history.versions))


def made(version: Version, letters: int = MINUTE) -> str:
    """When an audit was made.

    Parameters
    ----------
    version
        The audit.
    letters
        `DAY` or `MINUTE`.

    Returns
    -------
    str
        As in ``2026-11-23 09:10``, as audit.json says it.
    """
    return line(version.document.created[:letters].replace("T", " "))
