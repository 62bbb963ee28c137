"""Engines: ways to do a run's units. A way = one file, listed here; each gives the same tables, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.evidence.engines.processes import run_in_processes
from auditor.evidence.engines.serial import run_serially

if TYPE_CHECKING:
    from auditor.evidence.engines.base import Engine

ENGINES: Final[dict[str, Engine]] = {"serial": run_serially, "processes": run_in_processes}
