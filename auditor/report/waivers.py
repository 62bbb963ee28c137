"""Requirements that do not apply: the provider says so, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from auditor.documents.frameworks import Framework, Requirement


def find_waiver(requirement: Requirement, framework: Framework, waivers: Mapping[str, str]) -> str:
    """Find why a requirement does not apply.

    Parameters
    ----------
    requirement
        Of the framework.
    framework
        A law or standard.
    waivers
        Reasons by requirement: its id, or the framework's name, a colon and the id.

    Returns
    -------
    str
        The provider's words; nothing where the requirement applies.
    """
    named = waivers.get(f"{framework.framework}: {requirement.id}", waivers.get(requirement.id, ""))
    return named or requirement.not_applicable


def find_unknown(waivers: Iterable[str], frameworks: Iterable[Framework]) -> list[str]:
    """List what was declared not to apply and stands in no index.

    Parameters
    ----------
    waivers
        Requirements as the provider named them.
    frameworks
        Those of the report.

    Returns
    -------
    list of str
        In the order declared.
    """
    known = {
        name
        for framework in frameworks
        for one in framework.requirements
        for name in (one.id, f"{framework.framework}: {one.id}")
    }
    return [name for name in waivers if name not in known]
