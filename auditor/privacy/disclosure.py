"""Disclosure: what of an audit its reports may show, and how, as the plan asks it and the command line overrides it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from auditor.documents.document import serialise
from auditor.errors import UsageError, nearest
from auditor.plans.presentation import PUBLIC
from auditor.privacy.publication import Wish, redact
from auditor.report.photographs import Photographs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from auditor.documents.document import Asked, Document
    from auditor.documents.signoff import Filed, SignOff
    from auditor.plans.presentation import ReportPlan
    from auditor.report.photographs import Showing

LEFT_OUT: Final = "left out of the public version"


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """How much reports may show; what is None is as the plan asked.

    Attributes
    ----------
    preset
        ``"public"``: small groups, names of images and single images are left out. ``"internal"``: nothing is.
    images
        How much of the photographs is seen: ``"none"``, ``"blur-regions"`` or ``"full"``.
    hash_ids
        Whether names of images are hashed.
    language
        Code of the language of the HTML and PDF reports.
    """

    preset: Literal["public", "internal"] | None = None
    images: Showing | None = None
    hash_ids: bool | None = None
    language: str | None = None

    def into(self, plan: ReportPlan) -> ReportPlan:
        """Write what was said into a plan, so that the audit is rendered again in the same way.

        Parameters
        ----------
        plan
            That table of it.

        Returns
        -------
        ReportPlan
            What was said here replaces what it says.
        """
        said = {"images": self.images, "hash_ids": self.hash_ids, "language": self.language}
        update: dict[str, object] = {name: value for name, value in said.items() if value is not None}
        if self.preset is not None:
            others = [name for name in plan.preset if name != PUBLIC]
            update["preset"] = [*others, PUBLIC] if self.preset == PUBLIC else others
        return plan.model_copy(update=update)

    def over(self, asked: Asked) -> Settled:
        """Settle what holds.

        Parameters
        ----------
        asked
            By the plan.

        Returns
        -------
        Settled
            What was said here, else what the plan asks, else everything; no photographs in the public version.
        """
        public = asked.public if self.preset is None else self.preset == "public"
        images = self.images or asked.images
        hashes = asked.hash_ids if self.hash_ids is None else self.hash_ids
        wish = Wish(public=public, hash_ids=hashes, pictured=images is not None and images != "none")
        return Settled(
            wish=wish,
            images=images or ("none" if public else "full"),
            blur=asked.blur,
            language=self.language or asked.language,
        )


@dataclass(frozen=True, kw_only=True)
class Settled:
    """How much reports show.

    Attributes
    ----------
    wish
        What the derived version leaves out.
    images
        How much of the photographs is seen.
    blur
        Regions that are pixelated; None for those declared protected.
    language
        Of the HTML and PDF reports.
    """

    wish: Wish
    images: Showing
    blur: list[str] | None
    language: str


@dataclass(frozen=True, kw_only=True)
class Disclosed:
    """What reports are made from.

    Attributes
    ----------
    document
        The audit, or the version derived from it.
    derived
        The bytes of the derived version; None where it is the audit itself.
    photographs
        As far as they may be seen.
    """

    document: Document
    derived: bytes | None
    photographs: Photographs


def disclose(
    document: Document, settled: Settled, *, audit: bytes, photographs: Path | None, salt: Callable[[], bytes]
) -> Disclosed:
    """Make of an audit what its reports may show.

    Parameters
    ----------
    document
        The audit.
    settled
        How much.
    audit
        The bytes of audit.json.
    photographs
        The images folder; None where it is not at hand.
    salt
        Gives the salt of hashed names; called only where names are hashed.

    Returns
    -------
    Disclosed
        The same for the same audit, photographs and salt.

    Raises
    ------
    UsageError
        If regions are to be pixelated, and there are none.
    DataError
        If the audit is too small for a public version.
    """
    sensitive: frozenset[str] = frozenset()
    if settled.images == "blur-regions":
        sensitive = find_sensitive({one.name: one.role for one in document.data.regions}, settled.blur)
    paths: Mapping[str, str] = {}
    derived = None
    if settled.wish.derives and document.redaction is None:
        made = redact(document, settled.wish, salt=salt(), source_sha256=hashlib.sha256(audit).hexdigest())
        document, paths, derived = made.document, made.paths, serialise(made.document)
    shown = Photographs(folder=photographs, showing=settled.images, sensitive=sensitive, paths=paths)
    return Disclosed(document=document, derived=derived, photographs=shown)


def find_sensitive(roles: Mapping[str, str], blur: list[str] | None) -> frozenset[str]:
    """Find the regions that are taken out of photographs.

    Parameters
    ----------
    roles
        Of the regions of an audit, by name.
    blur
        Their names; None for those declared protected.

    Returns
    -------
    frozenset of str
        At least one.

    Raises
    ------
    UsageError
        If there is none, or one is not of this audit.
    """
    unknown = [name for name in blur or () if name not in roles]
    if unknown:
        raise UsageError(f"report.blur: no region {unknown[0]!r} in this audit{nearest(unknown[0], roles)}")
    chosen = frozenset(blur) if blur is not None else frozenset(name for name in roles if roles[name] == "protected")
    if not chosen:
        msg = "images = blur-regions: no region is declared protected; name those to pixelate, [report] blur = [...], "
        raise UsageError(f"{msg}or leave photographs out, images = none")
    return chosen


def derive_filed(filed: Filed, disclosed: Disclosed) -> Filed:
    """What goes with the reports of a derived version: not the audit itself, nor who signed it and why.

    Parameters
    ----------
    filed
        The audit as it lies in its folder.
    disclosed
        What reports are made from.

    Returns
    -------
    Filed
        Its hash stays that of the audit: that is what was signed.
    """
    if disclosed.derived is None:
        return filed
    note = disclosed.document.redaction
    if note is None or not note.public:
        return replace(filed, derived=disclosed.derived)
    signoff = filed.signoff if filed.signoff is None else _unnamed(filed.signoff)
    return replace(filed, derived=disclosed.derived, signoff=signoff, signed=b"")


def _unnamed(signoff: SignOff) -> SignOff:
    """Decisions without who took them and why: that may name people, images and counts."""
    update = {"owner": LEFT_OUT, "reason": LEFT_OUT}
    return signoff.model_copy(update={"records": [one.model_copy(update=update) for one in signoff.records]})
