"""One process, one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.evidence.engines.base import Job, work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.evidence.engines.base import Progress
    from auditor.runs import Unit


def run_serially(job: Job, units: Sequence[Unit], *, devices: Sequence[str], progress: Progress) -> None:
    """Do the units in this process on the first device.

    Parameters
    ----------
    job
        What is done to each.
    units
        Which.
    devices
        Where; the first counts.
    progress
        Called as images are done.
    """
    work(job, units, device=devices[0], progress=progress)
