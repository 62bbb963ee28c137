"""Privacy: the version of an audit that may leave the house, as a pure function of the audit.

`redact` takes a document and gives a document: what is derived is all that any report is made from, so that no output
can hold what another one leaves out. The audit itself stays as it is, and is named by its SHA-256.

What is hidden are groups of people by what is known of them: label and attribute values. A group of fewer than
`suppression.THRESHOLD` persons is left out of all tables, and with it whatever would give it away. A share of a larger
group is printed even where few images make it up, such as the 2 % that were answered wrongly: what the model answered
is not known of a person, but of the model.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.documents.document import Examples, HiddenGroup, Redaction
from auditor.errors import DataError
from auditor.privacy.comparisons import SINGLE_IMAGES, hash_comparison, hide_comparison
from auditor.privacy.prose import Scrubber
from auditor.privacy.redaction import Hidden, hide
from auditor.privacy.suppression import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from auditor.documents.comparisons import PairExample
    from auditor.documents.document import DataFacts, Document, Example
    from auditor.documents.ladder import Finding, FindingExample

HASHED: Final = "image-"
_LETTERS: Final = 16
_ENDINGS: Final = "jpe?g|jfif|png|webp|bmp|gif|tiff?|p[bgnp]m|heic|avif"
_FILE: Final = re.compile(rf"[^\s'\"`(){{}}\[\]<>|,;:]+\.(?:{_ENDINGS})\b", re.IGNORECASE)
FAULTS_LEFT_OUT: Final = "the faults name images and values, and are left out of this version"


class Wish(NamedTuple):
    """What a derived version leaves out."""

    public: bool = False
    hash_ids: bool = False
    pictured: bool = False  # single images were asked for, whatever the preset

    @property
    def derives(self) -> bool:
        """Whether anything is left out at all."""
        return self.public or self.hash_ids


class Derived(NamedTuple):
    """A derived version, and where its photographs lie."""

    document: Document
    paths: dict[str, str]  # of photographs in the images folder, by the name that the document has for them


def hash_name(name: str, salt: bytes) -> str:
    """Hash the name of an image, so that nobody without the salt can tell which it was.

    Parameters
    ----------
    name
        Of the image.
    salt
        Secret, and the same for all reports of an audit.

    Returns
    -------
    str
        HMAC-SHA256 (RFC 2104), its first 64 bits.

    Examples
    --------
    >>> hash_name("anna_smith.jpg", b"salt")
    'image-0cf965d838bd9e8b'
    """
    return HASHED + hmac.new(salt, name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_LETTERS]


def hash_table(images: pd.DataFrame | None, salt: bytes) -> pd.DataFrame | None:
    """Hash the names in the images table, of images and of whose they are.

    Parameters
    ----------
    images
        One row per image; None where there is no table.
    salt
        See `hash_name`.

    Returns
    -------
    DataFrame or None
        Without what tells the file: its path, its SHA-256, and words that quote it.
    """
    if images is None:
        return None
    made = images.drop(columns=[name for name in ("path", "sha256", "hash") if name in images.columns])
    for name in ("image_id", "group_id"):
        if name in made.columns:
            made[name] = [hash_name(value, salt) if isinstance(value, str) else value for value in made[name]]
    if "status" in made.columns:
        made["status"] = [_FILE.sub(lambda found: hash_name(found[0], salt), str(value)) for value in made["status"]]
    return made


def redact(document: Document, wish: Wish, *, salt: bytes, source_sha256: str) -> Derived:
    """Derive the version of an audit that may leave the house.

    Parameters
    ----------
    document
        The audit.
    wish
        What is left out. The public version hashes names whether or not that is asked for.
    salt
        For the names of images.
    source_sha256
        Of the audit.json that the document was read from.

    Returns
    -------
    Derived
        The same for the same audit, wish and salt. A version that was derived before is not derived again.

    Raises
    ------
    DataError
        If so few images were read that the audit as a whole is a small group.
    """
    if document.redaction is not None or not wish.derives:
        return Derived(document, {})
    names = _Names(document, salt)
    made = names.replace(document)
    hidden: Hidden | None = None
    if wish.public:
        if document.data.n_read < THRESHOLD:
            msg = f"{document.data.n_read} images were read; a public version needs {THRESHOLD} or more"
            raise DataError(msg)
        made, hidden = hide(made)
        made, hidden = _hide_comparison(made, document, hidden, pictured=wish.pictured)
        made = Scrubber(hidden.groups, regions=hidden.regions).document(_publish(made, pictured=wish.pictured))
    note = Redaction(
        source_sha256=source_sha256,
        public=wish.public,
        hashed_ids=True,
        threshold=THRESHOLD if wish.public else None,
        groups=[HiddenGroup(**group._asdict()) for group in hidden.groups] if hidden else [],
        numbers=hidden.numbers if hidden else 0,
        maps=hidden.maps if hidden else 0,
        examples=_count_examples(document) - _count_examples(made),
    )
    made = made.model_copy(update={"redaction": note})
    return Derived(made.model_copy(update={"warnings": [*_told(note), *made.warnings]}), names.paths)


def _count_examples(document: Document) -> int:
    pairs = document.comparison.pairs if document.comparison is not None else []
    compared = sum(len(pair.examples) for pair in pairs)
    return len(document.examples.items) + sum(len(finding.examples) for finding in document.findings) + compared


def _hide_comparison(made: Document, document: Document, hidden: Hidden, *, pictured: bool) -> tuple[Document, Hidden]:
    """The document without what its comparison tells of small groups, and what was left out in all."""
    if made.comparison is None:
        return made, hidden
    found = hide_comparison(made.comparison, document, hidden.groups, pictured=pictured)
    told = hidden._replace(numbers=hidden.numbers + found.numbers, maps=hidden.maps + found.maps)
    return made.model_copy(update={"comparison": found.comparison}), told


def _told(note: Redaction) -> Iterator[str]:
    """What stands on page 1, above all else that is to be known."""
    made = f"made from the audit.json with SHA-256 {note.source_sha256}"
    if not note.public:
        yield f"In this version the names of images are hashed; it was {made}."
        return
    counts = {"group": len(note.groups), "number": note.numbers, "mean map": note.maps}
    gone = ", ".join(f"{n:,} {name}{'' if n == 1 else 's'}" for name, n in counts.items() if n) or "there was nothing"
    yield (
        f"This is the public version, {made}. What rests on fewer than {note.threshold} is left out, with what would "
        f"give it away: {gone}. The names of images are hashed."
    )


class _Names:
    """Names of images, hashed wherever a document has them."""

    def __init__(self, document: Document, salt: bytes) -> None:
        self._salt = salt
        shown: list[Example | FindingExample | PairExample] = [*document.examples.items]
        shown += [one for finding in document.findings for one in finding.examples]
        pairs = document.comparison.pairs if document.comparison is not None else []
        shown += [one for pair in pairs for one in pair.examples]
        self.paths = {self(one.image_id): one.path for one in shown}
        known = {one.image_id for one in shown} | {one.path for one in shown}
        known |= {one.image_id for one in document.data.left_out}
        longest = sorted((name for name in known if name), key=lambda name: (-len(name), name))
        self._known = re.compile("|".join(map(re.escape, longest))) if longest else None
        self._faults = document.data.faults

    def __call__(self, name: str) -> str:
        return hash_name(name, self._salt)

    def words(self, text: str) -> str:
        """Prose without names of images: those of the audit, and whatever looks like the name of one."""
        for fault in self._faults:
            text = text.replace(fault, FAULTS_LEFT_OUT)
        if self._known is not None:
            text = self._known.sub(lambda found: self(found[0]), text)
        return _FILE.sub(lambda found: self(found[0]), text)

    def replace(self, document: Document) -> Document:
        """The document with every name hashed."""
        update: dict[str, Any] = {
            "data": self._data(document.data),
            "findings": [self._finding(finding) for finding in document.findings],
            "warnings": [self.words(line) for line in document.warnings],
            "not_tested": [self.words(line) for line in document.not_tested],
            "remarks": [self.words(line) for line in document.remarks],
            "examples": document.examples.model_copy(
                update={"items": [self._example(one) for one in document.examples.items]}
            ),
        }
        if document.comparison is not None:
            update["comparison"] = hash_comparison(document.comparison, self, self.words)
        return document.model_copy(update=update)

    def _data(self, data: DataFacts) -> DataFacts:
        gone = [
            one.model_copy(update={"image_id": self(one.image_id), "reason": self.words(one.reason)})
            for one in data.left_out
        ]
        return data.model_copy(update={"left_out": gone, "faults": [], "images_folder": "."})

    def _example(self, one: Example) -> Example:
        control = None if one.control_of is None else self(one.control_of)
        name = self(one.image_id)
        return one.model_copy(update={"image_id": name, "path": name, "control_of": control})

    def _finding(self, finding: Finding) -> Finding:
        examples = [
            one.model_copy(update={"image_id": self(one.image_id), "path": self(one.image_id)})
            for one in finding.examples
        ]
        return finding.model_copy(update={"examples": examples})


def _publish(document: Document, *, pictured: bool) -> Document:
    """What else sets the public version apart: no single images unless they are asked for, and never what they are."""
    declared = document.declared.model_copy(update={"distribution": "public"})
    faces: Callable[[Sequence[FindingExample]], list[FindingExample]] = list if pictured else lambda _: []
    findings = [one.model_copy(update={"examples": faces(one.examples)}) for one in document.findings]
    items = [one.model_copy(update={"attributes": {}}) for one in document.examples.items] if pictured else []
    shown = Examples(
        rule=document.examples.rule if pictured else SINGLE_IMAGES,
        n_misclassified=document.examples.n_misclassified,
        items=items,
    )
    policy = (
        document.policy.model_copy(update={"text": ""}) if document.policy is not None else None
    )  # waivers name people
    update = {"declared": declared, "findings": findings, "examples": shown, "policy": policy}
    return document.model_copy(update=update)
