"""The commands: each calls one public function and says what came of it."""

from __future__ import annotations

import functools
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from auditor.errors import AuditorError, RenderError, UnfinishedError
from auditor.filing_commands import declare, sign_off
from auditor.gate_commands import gate_audit, policies
from auditor.showing_commands import show, take_disclosure, with_disclosure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.disclosure import Disclosure
    from auditor.result import AuditResult

INTERRUPTED: Final = 130
FOLDER = click.Path(path_type=Path, file_okay=False)
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
FORMATS: Final = ("html", "pdf", "markdown", "junit", "sarif", "card", "csv")
DEFAULT: Final = ("html", "pdf", "markdown")
"""As `auditor.rendering` has them; a test holds them alike, so that help need not load what renders."""
_formats = click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="html, pdf, markdown (summary), junit, sarif, card (model card), csv (tables); may be given several times, "
    "or parted by commas. Default: html, pdf, markdown.",
)
_html_dir = click.option(
    "--html-dir",
    type=FOLDER,
    help="Write the HTML report as a folder of a page and its pictures, for big galleries, in place of report.html.",
)
_mlflow = click.option("--mlflow", is_flag=True, help="Log audit.json, reports and key numbers as a run of MLflow.")


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
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            msg = f"{where}{error.strerror or error}; what was done is kept: run again with --resume"
            raise _Refusal(AuditorError(msg)) from error
        except KeyboardInterrupt:
            click.echo("\nauditor: interrupted; what was done is kept: run again with --resume", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auditor", message="%(prog)s %(version)s")
def main() -> None:
    """Audit an image classifier: what it looks at, and whether that differs between groups of people."""
    logging.basicConfig(format="auditor: %(message)s", level=logging.WARNING, stream=sys.stderr)


@main.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--out", type=FOLDER, help="Output folder; default: reports/ and the plan's name.")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
@click.option("--force", is_flag=True, help="Start again, removing the audit in the output folder.")
@click.option("--skip-bad", is_flag=True, help="Leave out images and rows that cannot be used; the report counts them.")
@click.option("--devices", help="Comma-separated, one process each: cuda:0,cuda:1 or cpu,cpu.")
@click.option("--shard", help="Do only every N-th unit of work: i/N. The last shard to finish writes the result.")
@click.option("--no-pdf", is_flag=True, help="Write no PDF report.")
@_formats
@_html_dir
@_mlflow
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
    """Run the audit that PLAN (a TOML file) describes, and write its reports."""
    from auditor.pipeline import run as run_plan
    from auditor.plan import Audit
    from auditor.runs import WHOLE, Shard

    out = out or Path("reports") / plan.stem
    formats = _chosen(flags.pop("formats"), without_pdf=flags.pop("no_pdf"))
    mlflow, html_dir = flags.pop("mlflow"), flags.pop("html_dir")
    _prepare(formats, mlflow=mlflow)
    how = {name: flags.pop(name) for name in ("resume", "force", "skip_bad")}
    disclosure = take_disclosure(flags)
    audit = Audit.from_toml(plan, overrides=_overrides(flags))
    audit = audit.model_copy(update={"report": disclosure.into(audit.report)})
    with _Progress() as progress:
        result = run_plan(
            audit,
            out=out,
            devices=devices.split(",") if devices else (),
            shard=Shard.parse(shard) if shard else WHOLE,
            progress=progress,
            say=functools.partial(click.echo, err=True),
            **how,
        )
    _write(result, out, formats=formats, mlflow=mlflow, html_dir=html_dir)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=FOLDER, help="Where to write; default: FOLDER.")
@_formats
@_html_dir
@click.option("--photos", type=FOLDER, help="Where the photographs are, if they were moved.")
@with_disclosure
@click.option("--requirements", multiple=True, metavar="NAME", help="Frameworks for the index: names, or .yaml files.")
@_mlflow
def report(folder: Path, out: Path | None, *, formats: tuple[str, ...], mlflow: bool, **how: Any) -> None:
    """Render the reports of the audit in FOLDER again, from its audit.json and sign-off.json alone."""
    chosen = _chosen(formats)
    _prepare(chosen, mlflow=mlflow)
    how["disclosure"] = take_disclosure(how)
    _render(folder, out, formats=chosen, mlflow=mlflow, **how)


@main.command()
@click.option("--out", type=FOLDER, default=Path("reports/demo"), show_default=True, help="Output folder.")
def demo(out: Path) -> None:
    """Audit two small models on drawn pictures: one that learned gender as a cue, and one that did not."""
    from auditor.demo import run_demo

    with _Progress() as progress:
        results = run_demo(out, progress=progress, say=click.echo)
    for name, result in results.items():
        _write(result, out / name, formats=DEFAULT)


@main.command()
@click.argument("plan", type=click.Path(path_type=Path, dir_okay=False), default=Path("audit.toml"))
def init(plan: Path) -> None:
    """Write a commented plan to PLAN (default: audit.toml)."""
    from auditor.plan import write_plan

    click.echo(f"{write_plan(plan)}: edit it, then `auditor run {plan}`")


@main.command("list")
@click.argument("drawer", required=False)
def list_entries(drawer: str | None) -> None:
    """List what there is in a DRAWER (cams, readers, regions, models, engines), or in all of them."""
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
main.add_command(gate_audit)
main.add_command(policies)


def _overrides(flags: dict[str, Any]) -> dict[str, object]:
    """Flags that were given, by key of the plan; a path on the command line is relative to where one stands."""
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    return {PLAN_FLAGS[name]: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> object:
    """A flag's value as TOML would hold it."""
    if isinstance(value, Path):
        return str(value.resolve())
    return list(value) if isinstance(value, tuple) else value


def _chosen(formats: Sequence[str], *, without_pdf: bool = False) -> tuple[str, ...]:
    """Formats asked for, each once; commas part them as well."""
    asked = [name.strip() for words in formats for name in words.split(",") if name.strip()] or DEFAULT
    return tuple(name for name in dict.fromkeys(asked) if not (without_pdf and name == "pdf"))


def _prepare(formats: Sequence[str], *, mlflow: bool) -> None:
    """Refuse what cannot be done before anything takes long."""
    from auditor.delivery import check_mlflow
    from auditor.rendering import check_formats

    check_formats(formats)
    if mlflow:
        check_mlflow()


def _write(
    result: AuditResult, out: Path, *, formats: Sequence[str], mlflow: bool = False, html_dir: Path | None = None
) -> None:
    for warning in result.document.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(out / "audit.json")
    _render(result, out, formats=formats, mlflow=mlflow, html_dir=html_dir)


def _render(
    result: AuditResult | Path,
    out: Path | None,
    *,
    formats: Sequence[str],
    mlflow: bool,
    photos: Path | None = None,
    disclosure: Disclosure | None = None,
    **how: Any,
) -> None:
    """Write reports, then hand over what could be written; what could not is said last."""
    from auditor.delivery import append_summary, log_mlflow
    from auditor.rendering import render_formats
    from auditor.sources import find_source

    source = find_source(result, out, disclosure=disclosure)
    written, faults = render_formats(result, out, formats=formats, images=photos, disclosure=disclosure, **how)
    for path in written:
        click.echo(path)
    said = append_summary(source.document)
    if said:
        click.echo(said, err=True)
    if mlflow:
        home = result if isinstance(result, Path) else out
        derived = source.audit if source.derived else None
        click.echo(log_mlflow(home or Path(), written, derived=derived))
    if faults:
        raise RenderError("\n".join(faults))


class _Progress:
    """A bar on a terminal, plain lines elsewhere; silent for what takes less than two seconds."""

    def __enter__(self) -> Callable[[int, int, str], None]:
        from auditor.progress import make_progress

        self.shown = make_progress(sys.stderr)
        return self.shown

    def __exit__(self, *_: object) -> None:
        self.shown.close()
