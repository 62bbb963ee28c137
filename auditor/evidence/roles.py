"""Roles of regions, declared before the run: what a model may look at, and what it should not lean on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from auditor.documents.ladder import Role
from auditor.errors import nearest
from auditor.evidence.faults import Fault, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNDECLARED: Final = "undeclared"
ROLES: Final[tuple[Role, ...]] = tuple(role for role in get_args(Role) if role != UNDECLARED)
"""What may be declared."""


def as_role(name: str | None) -> Role:
    """The role of that name.

    Parameters
    ----------
    name
        As declared; None where nothing was.

    Returns
    -------
    str
        One of `ROLES`, or ``"undeclared"``.

    Examples
    --------
    >>> as_role("core"), as_role(None)
    ('core', 'undeclared')
    """
    return next((role for role in ROLES if role == name), UNDECLARED)


def check_roles(roles: Mapping[str, str], regions: Sequence[str]) -> list[Fault]:
    """Roles that are none, or of regions that are never seen.

    Parameters
    ----------
    roles
        Declared role by region.
    regions
        The regions that are there.

    Returns
    -------
    list
        One fault per role.

    Examples
    --------
    >>> print(*check_roles({"fase": "core"}, ["face"]))
    a role is declared for region 'fase', which no image has; nearest: 'face'; the regions are 'face'
    """
    faults = [
        Fault(text=f"role {role!r} of region {region!r} is none of {', '.join(ROLES)}{_meant(role)}")
        for region, role in roles.items()
        if role not in ROLES
    ]
    seen = f"the regions are {name_some(regions, shown=20)}" if regions else "there are no regions"
    return faults + [
        Fault(text=f"a role is declared for region {region!r}, which no image has{nearest(region, regions)}; {seen}")
        for region in map(str, roles)
        if region not in regions
    ]


def _meant(role: object) -> str:
    return nearest(role, ROLES) if isinstance(role, str) else ""
