"""The commands: each calls one public function and says what came of it."""

from __future__ import annotations

import functools
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from auditor.commands.comparing import compare_audits
from auditor.commands.filing import declare, sign_off
from auditor.commands.gating import gate_audit, policies
from auditor.commands.history import tell
from auditor.commands.showing import show, take_disclosure, with_disclosure
from auditor.commands.writing import (
    DEFAULT,
    FOLDER,
    Progress,
    check_wishes,
    choose_formats,
    render_all,
    with_formats,
    with_html_dir,
    with_mlflow,
    write_all,
)
from auditor.errors import AuditorError, RenderError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.result import AuditResult

INTERRUPTED: Final = 130
RUNNING: Final = "auditor.out"
"""Where a run keeps its output folder, for words on how it may be gone on with."""
PHOTOS: Final = click.Path(path_type=Path, file_okay=False, exists=True)
PLAN_FLAGS: Final = {
    "model": "model.source",
    "weights": "model.weights",
    "target_layer": "model.target_layer",
    "photos": "data.images",
    "annotations": "data.annotations",
    "regions": "data.regions",
    "masks": "data.masks",
    "exif": "data.exif",
    "attributes": "audit.attributes",
    "interventions": "interventions.images",
    "seed": "audit.seed",
    "title": "audit.title",
}
"""Flags of `auditor run` that override a key of the plan."""


class _Refusal(click.ClickException):
    """An error of ours as click shows it: one line, and the exit code of its kind."""

    def __init__(self, error: AuditorError) -> None:
        super().__init__(str(error))
        self.exit_code: int = error.exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: Any = None) -> None:
        click.echo(f"auditor: {self.message}", err=True, file=file)


class _Commands(click.Group):
    """Turns errors of ours, a full disk and Ctrl-C into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UnfinishedError as error:
            click.echo(str(error))
            ctx.exit(error.exit_code)
        except AuditorError as error:
            raise _Refusal(error) from None
        except BrokenPipeError:
            raise  # whoever read along has heard enough: click ends in silence
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise _Refusal(AuditorError(f"{where}{error.strerror or error}{_tell_kept(ctx)}")) from error
        except KeyboardInterrupt:
            click.echo(f"\nauditor: interrupted{_tell_kept(ctx)}", err=True)
            ctx.exit(INTERRUPTED)


def _tell_kept(ctx: click.Context) -> str:
    """What a run that was cut off leaves: nothing, until it has records."""
    out: Path | None = ctx.meta.get(RUNNING)
    begun = out is not None and any(any(out.glob(f"{deep}records/run.json")) for deep in ("", "*/"))
    return "; what was done is kept: run again with --resume" if begun else ""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auditor", message="%(prog)s %(version)s")
def main() -> None:
    """Audit an image classifier: what it looks at, and whether that differs between groups of people."""
    logging.basicConfig(format="auditor: %(message)s", level=logging.WARNING, stream=sys.stderr)


@main.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--out", type=FOLDER, help="Output folder; default: reports/ and the plan's name.")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
@click.option("--force", is_flag=True, help="Measure anew, whatever is there, removing the audit in the output folder.")
@click.option("--skip-bad", is_flag=True, help="Leave out images and rows that cannot be used; the report counts them.")
@click.option("--devices", help="Comma-separated, one process each: cuda:0,cuda:1 or cpu,cpu.")
@click.option("--shard", help="Do only every N-th unit of work: i/N. The last shard to finish writes the result.")
@click.option("--no-pdf", is_flag=True, help="Write no PDF report.")
@with_formats
@with_html_dir
@with_mlflow
@click.option("--model", help="Override model.source.")
@click.option("--weights", type=click.Path(path_type=Path), help="Override model.weights.")
@click.option("--target-layer", help="Override model.target_layer.")
@click.option("--photos", type=click.Path(path_type=Path), help="Override data.images.")
@click.option("--annotations", type=click.Path(path_type=Path), help="Override data.annotations.")
@click.option("--regions", type=click.Path(path_type=Path), help="Override data.regions.")
@click.option("--masks", type=click.Path(path_type=Path), help="Override data.masks.")
@click.option("--exif", type=click.Choice(["apply", "ignore"]), help="Override data.exif.")
@click.option("--attribute", "attributes", multiple=True, help="Override audit.attributes; may be given several times.")
@click.option("--seed", type=click.IntRange(min=0), help="Override audit.seed.")
@click.option("--title", help="Override audit.title.")
@click.option("--interventions", type=click.IntRange(min=0), help="Override interventions.images; 0 hides nothing.")
@with_disclosure
def run(plan: Path, out: Path | None, *, devices: str | None, shard: str | None, **flags: Any) -> None:
    """Run the audit that PLAN (a TOML file) describes, and write its reports.

    A plan of several models makes an audit of each in a folder of its own, and compares them with the first.
    """
    from auditor.pipeline import run as run_plan
    from auditor.plans.plan import Audit
    from auditor.runs import WHOLE, Shard

    out = out or Path("reports") / plan.stem
    formats = choose_formats(flags.pop("formats"), without_pdf=flags.pop("no_pdf"))
    mlflow, html_dir = flags.pop("mlflow"), flags.pop("html_dir")
    check_wishes(formats, mlflow=mlflow)
    how = {name: flags.pop(name) for name in ("resume", "force", "skip_bad")}
    disclosure = take_disclosure(flags)
    audit = Audit.from_toml(plan, overrides=_overrides(flags))
    audit = audit.model_copy(update={"report": disclosure.into(audit.report)})
    click.get_current_context().meta[RUNNING] = out
    with Progress() as progress:
        result = run_plan(
            audit,
            out=out,
            devices=[name.strip() for name in devices.split(",")] if devices else (),
            shard=Shard.parse(shard) if shard else WHOLE,
            progress=progress,
            say=functools.partial(click.echo, err=True),
            **how,
        )
    folders = [out / name for name in audit.each()] if len(audit.models) > 1 else []
    _write_several(result, out, folders=folders, formats=formats, mlflow=mlflow, html_dir=html_dir)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=FOLDER, help="Where to write; default: FOLDER.")
@with_formats
@with_html_dir
@click.option("--photos", type=PHOTOS, help="Where the photographs are, if they were moved.")
@with_disclosure
@click.option("--requirements", multiple=True, metavar="NAME", help="Frameworks for the index: names, or .yaml files.")
@with_mlflow
def report(folder: Path, out: Path | None, *, formats: tuple[str, ...], mlflow: bool, **how: Any) -> None:
    """Render the reports of the audit in FOLDER again, from its audit.json and sign-off.json alone."""
    chosen = choose_formats(formats)
    check_wishes(chosen, mlflow=mlflow)
    how["disclosure"] = take_disclosure(how)
    render_all(folder, out, formats=chosen, mlflow=mlflow, **how)


@main.command()
@click.option("--out", type=FOLDER, default=Path("reports/demo"), show_default=True, help="Output folder.")
def demo(out: Path) -> None:
    """Audit two small models on drawn pictures: one that learned gender as a cue, and one that did not."""
    from auditor.demo import run_demo

    with Progress() as progress:
        results = run_demo(out, progress=progress, say=click.echo)
    for name, result in results.items():
        write_all(result, out / name, formats=DEFAULT)


@main.command()
@click.argument("plan", type=click.Path(path_type=Path), default=Path("audit.toml"))
def init(plan: Path) -> None:
    """Write a commented plan to PLAN, a file or a folder (default: audit.toml)."""
    from auditor.plans.plan import write_plan

    written = write_plan(plan)
    click.echo(f"{written}: edit it, then `auditor run {written}`")


@main.command("list")
@click.argument("drawer", required=False)
def list_entries(drawer: str | None) -> None:
    """List what there is in a DRAWER, or in all of them.

    Drawers: cams, readers, regions, interventions, models, engines, statistics.
    """
    from auditor.inventory import describe_drawers

    for line in describe_drawers(drawer):
        click.echo(line)


@main.command()
def doctor() -> None:
    """Say which versions, devices and libraries are there, and what is missing."""
    from auditor.inventory import examine

    lines, healthy = examine()
    for line in lines:
        click.echo(line)
    if not healthy:
        raise _Refusal(RenderError("PDF reports cannot be written here; HTML and audit.json can"))


main.add_command(declare)
main.add_command(sign_off)
main.add_command(show)
main.add_command(compare_audits)
main.add_command(gate_audit)
main.add_command(policies)
main.add_command(tell)


def _write_several(
    result: AuditResult, out: Path, *, folders: Sequence[Path], html_dir: Path | None, **how: Any
) -> None:
    """Write the reports of each model's audit, then those of the result; what could not be written is said last."""
    from auditor.result import load

    faults = []
    for folder in (*folders, out):
        pages = html_dir if folder == out or html_dir is None else html_dir / folder.name
        try:
            write_all(result if folder == out else load(folder), folder, html_dir=pages, **how)
        except RenderError as error:
            faults.append(str(error))
    if faults:
        raise RenderError("\n".join(faults))


def _overrides(flags: dict[str, Any]) -> dict[str, object]:
    """Flags that were given, by key of the plan; a path on the command line is relative to where one stands."""
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    return {PLAN_FLAGS[name]: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> object:
    """A flag's value as TOML would hold it."""
    if isinstance(value, Path):
        return str(value.resolve())
    return list(value) if isinstance(value, tuple) else value
