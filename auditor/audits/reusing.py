"""An earlier audit that answers this one: equal in all that was measured, and checked before it is believed."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor import runs
from auditor.audits.outputs import refuse_taken
from auditor.audits.rechecking import check_truth
from auditor.audits.summaries import bring
from auditor.errors import AuditorError, DataError
from auditor.runs import reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from auditor.audits.rechecking import Look
    from auditor.evidence.dataset import Sample
    from auditor.runs import Run

logger = logging.getLogger("auditor")


@dataclass(frozen=True, kw_only=True)
class Recall:
    """Whether and where earlier records may answer.

    Attributes
    ----------
    beside
        The output folder that was named; its neighbours are searched.
    own
        Whether the output folder itself holds the audit, so that nothing else may answer, and nothing is replaced.
    say
        Called with a line on what is going on.
    """

    beside: Path
    own: bool = False
    say: Callable[[str], object] = logger.info

    def find_look(
        self, folder: Path, header: Mapping[str, Any], *, samples: Sequence[Sample], look: Look
    ) -> Run | None:
        """Answer an audit's own pass.

        Parameters
        ----------
        folder
            Of the run to be.
        header
            What it says of itself; ``content`` is what an earlier one must have as well.
        samples
            The images.
        look
            Looks at some of them again.

        Returns
        -------
        Run or None
            Finished, in the folder; None where all is to be measured.

        Raises
        ------
        UsageError
            If the output folder itself holds another audit.
        """
        if self.own:
            return self._find_own(folder, header, samples=samples, look=look)
        for source in reuse.list_finished(self.beside):
            earlier = reuse.read_header(source)
            if source.resolve() == folder.resolve() or not _same(earlier, header):
                continue
            found = self._take_look(source, folder, (earlier, header), samples=samples, look=look)
            if found is not None:
                bring(source, folder)
                same = "same model, preprocessing, data and settings"
                self.say(f"records of {source.parent} answer this run: {same}; --force measures anew")
                return found
        return None

    def _find_own(self, folder: Path, header: Mapping[str, Any], *, samples: Sequence[Sample], look: Look) -> Run:
        earlier = reuse.read_header(folder)
        if not _same(earlier, header) or earlier["fingerprints"] != header["fingerprints"]:
            refuse_taken(folder.parent, _tell_other(earlier, header))
        run = runs.load(folder)
        try:
            reuse.check_parts(run)
            check_truth(run, samples, look)
        except DataError as error:
            refuse_taken(folder.parent, str(error))
        self.say(f"the audit in {folder.parent} is finished, and nothing that it was made from has changed")
        return retell(run, header)

    def _take_look(
        self,
        source: Path,
        folder: Path,
        headers: tuple[Mapping[str, Any], Mapping[str, Any]],
        *,
        samples: Sequence[Sample],
        look: Look,
    ) -> Run | None:
        """Copies first, then checks: whatever happens to the source meanwhile, what was checked is what is used."""
        earlier, header = headers
        try:
            mark = reuse.copy_parts(source, folder)
        except DataError as error:
            logger.warning("%s: not reused", error)
            return None
        try:
            check_truth(runs.Run(folder, header, runs.load(source).units), samples, look)
        except AuditorError as error:
            logger.warning("records of %s do not answer this run: %s", source.parent, error)
            reuse.drop_parts(folder)
            return None
        files = {sample.image_id: sample.path for sample in samples}
        return reuse.seal(folder, _inherit(earlier, header), files, mark=mark)

    def find_stage(self, folder: Path, header: Mapping[str, Any], *, files: Mapping[str, Path]) -> Run | None:
        """Answer a stage that follows from that pass; its fingerprints name the parts that it was made from.

        Parameters
        ----------
        folder
            Of the stage to be.
        header
            What it says of itself.
        files
            The image files by image id.

        Returns
        -------
        Run or None
            Finished, in the folder; None where the stage is to be done.

        Raises
        ------
        UsageError
            If the output folder itself holds another one.
        """
        if self.own:
            return self._find_own_stage(folder, header)
        for source in reuse.list_finished(self.beside, f"records/{folder.name}"):
            earlier = reuse.read_header(source)
            alike = all(earlier.get(key) == header[key] for key in ("fingerprints", "tables", "content"))
            if source.resolve() == folder.resolve() or not alike:
                continue
            try:
                found = reuse.take_over(source, folder, _inherit(earlier, header), files=files)
            except DataError as error:
                logger.warning("%s: not reused", error)
                continue
            self.say(f"{folder.name} of {source.parents[1]} answer as well")
            return found
        return None

    def _find_own_stage(self, folder: Path, header: Mapping[str, Any]) -> Run:
        earlier = reuse.read_header(folder)
        if any(earlier.get(key) != header[key] for key in ("fingerprints", "content")):
            refuse_taken(folder.parents[1], f"its {folder.name} were made otherwise")
        run = runs.load(folder)
        try:
            reuse.check_parts(run)
        except DataError as error:
            refuse_taken(folder.parents[1], str(error))
        return run


def retell(run: Run, header: Mapping[str, Any]) -> Run:
    """Let a run say of itself what is said now of what does not change a number: its title, and how the plan reads.

    Parameters
    ----------
    run
        Of an earlier time, with the same fingerprints.
    header
        What is said now.

    Returns
    -------
    Run
        The same, made when it was made; its run.json is written where the audit is concluded.
    """
    said = json.loads(json.dumps({"title": header["title"], "plan": header["plan"]}, sort_keys=True))  # as on disk
    return runs.Run(run.folder, {**run.header, **said}, run.units)


def tell_reuse(look: Mapping[str, Any], stages: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say what of an audit was measured for an earlier one, and when.

    Parameters
    ----------
    look
        What the audit's own pass says of itself.
    stages
        What later stages say of themselves, by name.

    Returns
    -------
    list of str
        Remarks for the report; none where everything was measured for this audit.
    """
    parts = {"records": look, **stages}
    reused = [f"{name} (made at {header['made']})" for name, header in parts.items() if "made" in header]
    if not reused:
        return []
    same = "of the same model, preprocessing, data and settings; every photograph still had the same content"
    remarks = [f"Reused from an earlier audit, and not measured again: {', '.join(reused)}, {same}."]
    policy = look.get("policy")
    if policy is not None and policy["locked_at"] > look.get("made", look["created"]):
        remarks.append("The policy was locked after these records had been made.")
    return remarks


def _same(earlier: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    return "content" in earlier and earlier["content"] == header["content"]


def _tell_other(earlier: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    """What differs, in a few words."""
    before, now = earlier.get("fingerprints", {}), header["fingerprints"]
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    return f"was made with another {' and '.join(changed)}" if changed else "was made by another version"


def _inherit(earlier: Mapping[str, Any], header: Mapping[str, Any]) -> dict[str, Any]:
    """When records were made stays with them; a policy that was locked before, too, stays locked as of then."""
    inherited = {**header, "made": earlier.get("made", earlier.get("created"))}
    before, now = earlier.get("policy"), header.get("policy")
    if before and now and before["sha256"] == now["sha256"]:
        inherited["policy"] = before
    return inherited
