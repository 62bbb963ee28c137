"""Prose without small counts: what sentences of an audit tell of groups that its numbers do not tell of any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from auditor.privacy.suppression import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from auditor.documents.document import Document
    from auditor.documents.ladder import Check, Estimate, Finding, Protocol
    from auditor.privacy.suppression import Group

LINE_LEFT_OUT: Final = (
    f"A line is left out of the public version: it counts a group of fewer than {THRESHOLD}, or would give one away."
)
_ABOUT: Final = r"(?:[a-z-]+ ){0,2}?(?:image|person|people|photograph|case|cluster|row)s?\b"
_OF: Final = re.compile(rf"\b(\d[\d,]*)( of (?:the )?)(\d[\d,]*)(?= {_ABOUT})")
_FEW: Final = re.compile(rf"(?<![\d.,])\b[1-{THRESHOLD - 1}](?= {_ABOUT})")
_EQUAL: Final = re.compile(rf"\bn(\s?)=(\s?)[1-{THRESHOLD - 1}]\b")
_BRACKETS: Final = re.compile(rf"(?<=images )\([1-{THRESHOLD - 1}]\)|(?<=there were )[1-{THRESHOLD - 1}]\b")
_DIGIT: Final = re.compile(r"\d")
FEWER: Final = f"fewer than {THRESHOLD}"
_COUNT: Final = re.compile(rf"\b\d[\d,]*(?: of (?:the )?\d[\d,]*)?(?= {_ABOUT})")


class Scrubber:
    """Take out of the prose of a document what it tells of hidden groups.

    Parameters
    ----------
    groups
        That are hidden: a line that names their attribute, their value or their label with a number is left out whole,
        as the number may be what gives them away.
    regions
        Seen in few images: so are lines that name one of them.
    """

    def __init__(self, groups: Iterable[Group], *, regions: Collection[str] = ()) -> None:
        groups, self._regions = tuple(groups), frozenset(regions)
        self.attributes = {group.attribute for group in groups if group.attribute is not None}
        names = {*self.attributes, *(group.subgroup for group in groups if group.subgroup)}
        names |= {group.label for group in groups if group.label is not None and group.attribute is None}
        names |= self._regions
        listed = "|".join(re.escape(name) for name in sorted(names, key=str) if name)
        self._named = re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE) if listed else None

    def document(self, document: Document) -> Document:
        """Scrub all prose.

        Parameters
        ----------
        document
            What reports are made from.

        Returns
        -------
        Document
            With *fewer than 5* where a sentence counts fewer.
        """
        examples = document.examples.model_copy(update={"rule": scrub_words(document.examples.rule)})
        update: dict[str, Any] = {
            "findings": [self._finding(finding) for finding in document.findings],
            "estimates": self._rows(document.estimates),
            "protocol": None if document.protocol is None else self._protocol(document.protocol),
            "examples": examples,
        }
        for name in ("warnings", "not_tested", "remarks"):
            update[name] = list(dict.fromkeys(self.line(words) for words in getattr(document, name)))
        return document.model_copy(update=update)

    def line(self, words: str) -> str:
        """One line of prose.

        Parameters
        ----------
        words
            From the audit.

        Returns
        -------
        str
            Scrubbed, or `LINE_LEFT_OUT`.
        """
        named = self._named is not None and self._named.search(words) is not None
        return LINE_LEFT_OUT if named and _DIGIT.search(words) else scrub_words(words)

    def _rows(self, rows: Iterable[Estimate]) -> list[Estimate]:
        return [row.model_copy(update={"method": self._method(row)}) for row in rows]

    def _method(self, row: Estimate) -> str:
        """How a number was made, without counts of what was left out where these tell of a hidden group."""
        return _COUNT.sub("some", row.method) if row.attribute in self.attributes else scrub_words(row.method)

    def _finding(self, finding: Finding) -> Finding:
        """A finding: what it says of its own attribute was seen to where its numbers were."""
        clean = scrub_words if finding.attribute in self.attributes else self.line
        rungs = [
            rung.model_copy(update={"sentence": clean(rung.sentence), "estimates": self._rows(rung.estimates)})
            for rung in finding.rungs
        ]
        return finding.model_copy(update={"headline": clean(finding.headline), "rungs": rungs})

    def _protocol(self, protocol: Protocol) -> Protocol:
        checks = [self._check(check) for check in protocol.checks]
        notes = list(dict.fromkeys(self.line(note) for note in protocol.notes))
        return protocol.model_copy(update={"notes": notes, "checks": checks})

    def _check(self, check: Check) -> Check:
        """A check: of a region that is seldom seen, no number whether or not the line names it."""
        seldom = check.region in self._regions
        told = {name: getattr(check, name) for name in ("statistic", "consequence")}
        update = {
            name: LINE_LEFT_OUT if seldom and _DIGIT.search(words) else self.line(words) for name, words in told.items()
        }
        return check.model_copy(update=update)


def scrub_words(words: str) -> str:
    """Take small counts of images and people out of a sentence.

    Parameters
    ----------
    words
        From the audit.

    Returns
    -------
    str
        Other counts stay as they are.

    Examples
    --------
    >>> scrub_words("399 of 400 images have no room, 3 of 200 images have a 2nd; 2 ways of hiding (n = 4)")
    'nearly all of 400 images have no room, fewer than 5 of 200 images have a 2nd; 2 ways of hiding (n < 5)'
    """
    words = _OF.sub(_part, words)
    words = _FEW.sub(FEWER, words)
    words = _EQUAL.sub(rf"n\1<\g<2>{THRESHOLD}", words)
    words = _BRACKETS.sub(lambda found: f"({FEWER})" if found[0][0] == "(" else FEWER, words)
    return f"F{words[1:]}" if words.startswith(FEWER) else words


def _part(found: re.Match[str]) -> str:
    part, whole = (int(found[k].replace(",", "")) for k in (1, 3))
    if 0 < part < THRESHOLD:
        return f"{FEWER}{found[2]}{found[3]}"
    return f"nearly all{found[2]}{found[3]}" if 0 < whole - part < THRESHOLD else found[0]
