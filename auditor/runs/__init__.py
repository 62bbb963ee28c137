"""A run on disk: units of work as Parquet parts, each written aside and renamed into place, so that nothing is lost.

::

    records/
      run.json                what is being run, and fingerprints of plan, model, data and engine
      manifest.parquet        every listed image, its size and time of change, and the unit that it belongs to
      unit-00000/             images.parquet, attention.parquet, regions.parquet
      _SUCCESS.json           written last: rows and SHA-256 of every part
      interventions/          a run of its own: regions hidden on a sample of the images
      checks/                 and another: maps put to the test

A part is there whole or not at all. Any process may do any unit; doing one twice is harmless.
"""

from auditor.runs.folder import RUN, SUCCESS, Run, load, locked, start
from auditor.runs.resumption import resume
from auditor.runs.units import WHOLE, Shard, Unit

__all__ = ["RUN", "SUCCESS", "WHOLE", "Run", "Shard", "Unit", "load", "locked", "resume", "start"]
