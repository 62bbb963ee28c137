"""What goes with a report: the files attached to it, and those that it names by their hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from auditor.documents.document import REDACTED
from auditor.documents.signoff import SIGNOFF
from auditor.report.tables import Table, head, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.signoff import Filed


def attached(filed: Filed) -> Iterator[tuple[str, bytes, str]]:
    """Files that are attached to the PDF.

    Parameters
    ----------
    filed
        The audit as it lies in its folder.

    Yields
    ------
    tuple
        Name, bytes, and what it is.
    """
    if filed.derived is None:
        yield "audit.json", filed.audit, "everything that this report says, to compute with"
    else:
        yield REDACTED, filed.derived, "the version of audit.json that this report was made from, to compute with"
    if filed.signed:
        yield SIGNOFF, filed.signed, "what people decided about it"


def manifest(document: Document, filed: Filed) -> Table:
    """List what goes with a report.

    Parameters
    ----------
    document
        What the report speaks of.
    filed
        The audit as it lies in its folder.

    Returns
    -------
    Table
        File, what it is, and its SHA-256.
    """
    rows = [
        (name, f"{what}; attached to the PDF", hashlib.sha256(content).hexdigest())
        for name, content, what in attached(filed)
    ]
    if filed.derived is not None:
        rows.append(("audit.json", "the audit itself, from which this version was made; not attached", filed.sha256))
    rows.append(
        (
            document.model.weights_file or document.model.source,
            "weights of the model; not attached",
            document.model.weights_sha256,
        )
    )
    rows.append(
        (
            document.data.annotations,
            "what the annotations say: images by name, labels, attributes, regions; not attached",
            document.data.manifest_sha256,
        )
    )
    return Table(
        caption="Manifest of attachments",
        kind="manifest",
        columns=(head("File"), head("What it is"), head("SHA-256")),
        rows=tuple((head(name), text(what), text(digest, code=True)) for name, what, digest in rows),
        note="The hash of the annotations is that of what was read from them, not of the file.",
    )
