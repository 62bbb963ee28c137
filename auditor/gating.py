"""The gate: policies found, locked and written; an audit in a folder judged by one, and the verdict handed on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.analysis.policy import Policy
from auditor.analysis.policy import gate as judge
from auditor.documents.document import Document, PolicyLock
from auditor.documents.signoff import find_today
from auditor.errors import UsageError, nearest
from auditor.report.junit import render_suites
from auditor.report.plaintext import write_text
from auditor.report.rulings import make_suite, tell_verdict
from auditor.resources import templates
from auditor.result import AuditResult, hash_audit, read_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.verdicts import Verdict

GATE_FILES: Final = {"junit": "gate.xml", "markdown": "gate.md"}
"""What the gate writes, by format."""
USUAL: Final = "release"


def gate(
    audit: AuditResult | Document | str | Path,
    *,
    policy: Policy | str | Path | None = None,
    baseline: AuditResult | Document | str | Path | None = None,
) -> Verdict:
    """Judge an audit by a policy: pass, fail or cannot tell, rule by rule.

    Parameters
    ----------
    audit
        A result, or the folder that holds its audit.json.
    policy
        A policy, its file, or the name of a preset (``"release"``, ``"ll144"``, ``"medical"``). None takes the one that
        was locked before the run.
    baseline
        An earlier audit, for rules that compare with one. None takes that of the comparison, where the audit holds one;
        a comparison with this very audit is read as well, as differences on the same images tell more.

    Returns
    -------
    Verdict
        ``passed`` is True only where every rule passes; its text tells all of it.

    Raises
    ------
    UsageError
        If the policy cannot be used, or none is given and none was locked.
    DataError
        If there is no audit.
    """
    document = _document(audit)
    chosen = policy if isinstance(policy, Policy) else read_policy(policy, document)
    if baseline is None:
        return judge(document, chosen, today=find_today())
    earlier = _document(baseline)
    return judge(document, chosen, today=find_today(), baseline=earlier, baseline_sha256=hash_audit(baseline))


def _document(audit: AuditResult | Document | str | Path) -> Document:
    if isinstance(audit, Document):
        return audit
    return audit.document if isinstance(audit, AuditResult) else read_document(audit)


def read_policy(named: str | Path | None, document: Document | None = None) -> Policy:
    """Read a policy.

    Parameters
    ----------
    named
        A file, or a preset; None for the one that was locked before the run.
    document
        The audit that it was locked in.

    Returns
    -------
    Policy
        Checked.

    Raises
    ------
    UsageError
        If it cannot be read, or none is named and none was locked.
    """
    if named is not None:
        return Policy.from_toml(find_policy(named))
    lock = document.policy if document is not None else None
    if lock is None:
        raise UsageError(
            "no policy: this audit's plan names none; give --policy FILE or one of: " + ", ".join(list_presets())
        )
    return Policy.parse(lock.text.encode(), name=f"{lock.name} (as locked in audit.json)")


def list_presets() -> list[str]:
    """Names of the policies that ship.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> list_presets()
    ['ll144', 'medical', 'release']
    """
    return sorted(path.stem for path in _folder().glob("*.toml"))


def _folder() -> Path:
    return templates() / "policies"


def find_policy(named: str | Path, root: Path | None = None) -> Path:
    """Find the file of a policy.

    Parameters
    ----------
    named
        A preset, or a file that ends in .toml.
    root
        Folder that a file is relative to; None for where one stands.

    Returns
    -------
    Path
        The file, whether or not it is there.

    Raises
    ------
    UsageError
        If no policy of this name ships.
    """
    if Path(named).suffix == ".toml":
        return (root or Path()) / Path(named).expanduser()
    known = list_presets()
    if str(named) not in known:
        offer = nearest(str(named), known) or f"; known: {', '.join(known)}"
        raise UsageError(f"no such policy: {str(named)!r}{offer}, or name a .toml file")
    return _folder() / f"{named}.toml"


def lock_policy(named: str | Path, *, root: Path | None = None) -> PolicyLock:
    """Fix a policy before a run.

    Parameters
    ----------
    named
        As for `find_policy`.
    root
        Folder that a file is relative to.

    Returns
    -------
    PolicyLock
        What audit.json says of it: its hash, its text, and the time.

    Raises
    ------
    UsageError
        If it cannot be used.
    """
    path = find_policy(named, root)
    policy = Policy.from_toml(path)
    return PolicyLock(
        name=path.name if path.parent != _folder() else path.stem,
        sha256=policy.sha256,
        locked_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rules=policy.describe(),
        text=policy.source.decode(),
    )


def write_policy(path: str | Path, *, preset: str = USUAL) -> Path:
    """Write a commented policy to start from.

    Parameters
    ----------
    path
        Where to; must not exist.
    preset
        Which of those that ship.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        If the file exists, its folder does not, or no such policy ships.
    """
    if preset not in list_presets():
        raise UsageError(
            f"no such preset: {preset!r}{nearest(preset, list_presets())}; known: {', '.join(list_presets())}"
        )
    path, content = Path(path), find_policy(preset).read_bytes()
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(f"{path}: exists; name another file, or remove it") from None
    except FileNotFoundError:
        raise UsageError(f"{path}: its folder does not exist") from None
    return path


def check_gate_formats(formats: Sequence[str]) -> None:
    """Refuse formats that the gate does not write.

    Parameters
    ----------
    formats
        Names.

    Raises
    ------
    UsageError
        If one is not known.
    """
    for name in formats:
        if name not in GATE_FILES:
            raise UsageError(f"no such format: {name!r}{nearest(name, GATE_FILES)}; there is: {', '.join(GATE_FILES)}")


def write_verdict(verdict: Verdict, document: Document, folder: str | Path, *, formats: Sequence[str]) -> list[Path]:
    """Write a verdict for a pipeline.

    Parameters
    ----------
    verdict
        What came of the gate.
    document
        The audit.
    folder
        Where to.
    formats
        ``"junit"``: a test case per rule; ``"markdown"``: for a job's page.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    UsageError
        If a format is not known.
    RenderError
        If a file cannot be written.
    """
    check_gate_formats(formats)
    texts = {
        "junit": lambda: render_suites(document, [make_suite(verdict)]),
        "markdown": lambda: tell_verdict(verdict),
    }
    written = []
    for name in dict.fromkeys(formats):
        path = Path(folder) / GATE_FILES[name]
        write_text(path, texts[name](), what="verdict")
        written.append(path)
    return written
