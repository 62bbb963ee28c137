"""Frameworks: laws and standards as data files, each requirement with the evidence that speaks to it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from auditor.documents.ladder import Part
from auditor.errors import UsageError, nearest
from auditor.resources import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic_core import ErrorDetails

    Path_ = tuple[str | int, ...]

SECTIONS: Final = (
    "control", "summary", "findings", "checks", "scope", "model", "data", "performance", "selection", "attention",
    "examples", "robustness", "method", "limits", "requirements", "sign-off", "appendix",
)  # fmt: skip
"""Names of the report's sections."""
LARGEST: Final = 1_000_000
SIGNED: Final = "sign_off"
"""What stands before a need that is looked up in sign-off.json."""
Line = Annotated[str, Field(min_length=1, max_length=600)]


class Requirement(Part):
    """One requirement, in our own words, and what speaks to it."""

    id: Line
    title: Line
    sections: list[Literal[SECTIONS]] = Field(default_factory=list)  # type: ignore[valid-type]  # names above
    needs: list[Line] = Field(default_factory=list)  # see `auditor.documents.pointers`
    max_claim: Literal["full", "partial", "context"]  # the most that all of them together can say
    confidence: Literal["high", "medium", "low"]  # that the requirement is cited and read rightly
    note: str = ""
    not_applicable: Annotated[str, Field(max_length=600)] = ""  # why it does not apply; nothing where it does


class Framework(Part):
    """A law or standard."""

    framework: Line
    version: Line
    as_of: Annotated[Line, BeforeValidator(lambda value: value if isinstance(value, str) else str(value))]
    source_note: Line
    requirements: Annotated[list[Requirement], Field(min_length=1)]


def list_frameworks() -> list[str]:
    """Names of the frameworks that ship.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> "eu_ai_act" in list_frameworks()
    True
    """
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def _folder() -> Path:
    return templates() / "requirements"


def find_framework(name: str, root: Path | None = None) -> Path:
    """Find the file of a framework.

    Parameters
    ----------
    name
        One of `list_frameworks`, or a file that ends in .yaml or .yml.
    root
        Folder that a file is relative to; None for where one stands.

    Returns
    -------
    Path
        The file, whether or not it is there.

    Raises
    ------
    UsageError
        If no framework of this name ships.
    """
    if Path(name).suffix in {".yaml", ".yml"}:
        return (root or Path()) / Path(name).expanduser()
    known = list_frameworks()
    if name not in known:
        offer = nearest(name, known) or f"; known: {', '.join(known)}"
        msg = f"no such framework: {name!r}{offer}, or name a .yaml file"
        raise UsageError(msg)
    return _folder() / f"{name}.yaml"


def read_framework(path: Path) -> Framework:
    """Read a framework.

    Parameters
    ----------
    path
        A YAML file, such as those under ``templates/requirements``.

    Returns
    -------
    Framework
        Checked.

    Raises
    ------
    UsageError
        If it cannot be read; all its faults at once, each with its line.
    """
    import yaml

    try:
        loader = yaml.SafeLoader(_read(path))
        node = loader.get_single_node()
        values = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"line {mark.line + 1}: "
        msg = f"{path}: not valid YAML: {where}{getattr(error, 'problem', None) or error}"
        raise UsageError(msg) from None
    lines: dict[Path_, int] = {}
    faults = [(line, words) for line, words in _walk(node, (), lines)] if node is not None else []
    faults += _misled(values, lines)
    try:
        found = Framework.model_validate(values)
    except ValidationError as error:
        faults += [_fault(fault, lines) for fault in error.errors()]
    if faults:
        raise UsageError(_told(path, faults))
    return found


@cache
def _read_shipped(path: Path) -> Framework:
    """One that ships, read once: a report asks for all of them several times."""
    return read_framework(path)


def _misled(values: Any, lines: dict[Path_, int]) -> Iterator[tuple[int, str]]:
    """Ids that came before, and needs that point nowhere, whatever else is wrong with the file."""
    from auditor.documents.pointers import explain

    listed = values.get("requirements") if isinstance(values, dict) else None
    ids: list[str] = []
    for k, one in enumerate(listed if isinstance(listed, list) else ()):
        told = one if isinstance(one, dict) else {}
        if told.get("id") in ids:
            yield lines["requirements", k, "id"], f"id {told['id']!r} is given twice"
        ids.append(str(told.get("id")))
        needs = told.get("needs")
        for place, need in enumerate(needs if isinstance(needs, list) else ()):
            if isinstance(need, str) and (fault := explain(need)):
                yield lines["requirements", k, "needs", place], fault


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path}: is larger than {LARGEST:,} bytes: not a file of requirements")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read as a file of requirements: {error.strerror}") from None


def _told(path: Path, faults: Sequence[tuple[int, str]]) -> str:
    count = f"{len(faults)} fault" + ("" if len(faults) == 1 else "s")
    return "\n".join([f"{path}: {count}", *(f"  line {line}: {words}" for line, words in sorted(faults))])


def _walk(node: Any, path: Path_, lines: dict[Path_, int]) -> Iterator[tuple[int, str]]:
    """Note the line of everything in the file; keys that are given twice are faults."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node.value, str):
        return
    pairs = node.value if node.id == "mapping" else enumerate(node.value)
    for key, child in pairs:
        name = key if isinstance(key, int) else str(key.value)
        if isinstance(name, str) and (*path, name) in lines:
            yield child.start_mark.line + 1, f"{name}: is given twice"
        yield from _walk(child, (*path, name), lines)
        if not isinstance(key, int):
            lines[*path, name] = key.start_mark.line + 1


def _fault(fault: ErrorDetails, lines: dict[Path_, int]) -> tuple[int, str]:
    """Line and words of one fault."""
    path = tuple(fault["loc"])
    line = next((lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in lines), 1)
    name = str(path[-1]) if path else "the file"
    if fault["type"] == "extra_forbidden":
        known = Framework.model_fields if len(path) == 1 else Requirement.model_fields
        return line, f"{name}: no such key{nearest(name, known)}"
    if fault["type"] == "missing":
        return line, f"{name}: is missing"
    words = f"{fault['msg'][0].lower()}{fault['msg'][1:]}"
    quote = "; put it in quotes" if fault["type"] == "string_type" and name != "the file" else ""
    key = ".".join(str(part) for part in path if isinstance(part, str)) or name
    if fault["type"] == "literal_error":
        choices = re.findall("'([^']+)'", fault["ctx"]["expected"])
        offer = nearest(str(fault["input"]), choices) or f"; known: {', '.join(choices)}"
        return line, f"{key}: no such word: {str(fault['input'])[:60]!r}{offer}"
    return line, f"{key}: {words}, found {str(fault['input'])[:60]!r}{quote}"


def read_frameworks(names: Iterable[str], root: Path | None = None) -> list[Framework]:
    """Read several frameworks.

    Parameters
    ----------
    names
        As `find_framework` takes them.
    root
        Folder that files are relative to.

    Returns
    -------
    list of Framework
        In the order asked for.

    Raises
    ------
    UsageError
        If any is missing or faulty; the faults of all files at once.
    """
    found, faults = [], []
    for name in dict.fromkeys(names):
        try:
            path = find_framework(name, root)
            found.append(_read_shipped(path) if path.parent == _folder() else read_framework(path))
        except UsageError as error:
            faults.append(str(error))
    if faults:
        raise UsageError("\n".join(faults))
    return found
