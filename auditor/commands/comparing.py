"""The command that compares models by their audits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.commands.showing import take_disclosure, with_disclosure
from auditor.commands.writing import (
    FOLDER,
    Progress,
    check_wishes,
    choose_formats,
    drop_pdf,
    render_all,
    with_formats,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.comparisons import Comparison

AUDIT = click.Path(path_type=Path)


@click.command("compare")
@click.argument("baseline", type=AUDIT)
@click.argument("candidate", type=AUDIT)
@click.argument("more", type=AUDIT, nargs=-1)
@click.option("--out", type=FOLDER, help="Output folder; default: reports/BASELINE-vs-CANDIDATE.")
@click.option("--force", is_flag=True, help="Replace the comparison in the output folder; an audit never is.")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="What to call a model: once for each audit, in their order. Default: as plans name them, else their folders.",
)
@with_formats
@click.option("--no-pdf", is_flag=True, help="Write no PDF report.")
@with_disclosure
def compare_audits(baseline: Path, candidate: Path, more: tuple[Path, ...], *, out: Path | None, **how: Any) -> None:
    """Compare models by the audits in BASELINE, CANDIDATE and MORE, which must be of the same images.

    Says which leans less on regions that were declared protected or artefacts, on what evidence, and what that costs in
    accuracy. Each candidate is set against the baseline; more than two models are ranked as well.
    """
    from auditor.comparing.comparison import compare, default_folder
    from auditor.comparing.contenders import name_models

    formats = choose_formats(how["formats"], without_pdf=how["no_pdf"])
    check_wishes(formats)
    disclosure = take_disclosure(how)
    given = (baseline, candidate, *more)
    names = name_models(given, how["names"])
    home = out or default_folder(names)
    with Progress() as progress:
        result = compare(*given, names=names, out=home, force=how["force"], progress=progress)
    drop_pdf(home, formats)
    for line in _tell(result.document.comparison):
        click.echo(line)
    click.echo(home / "audit.json")
    render_all(result, home, formats=formats, disclosure=disclosure)


def _tell(found: Comparison | None) -> Iterator[str]:
    """Headlines of all pairs, and of more than two models their places."""
    if found is None:
        return
    for pair in found.pairs:
        yield pair.verdict.headline
    places = [f"{one.name} ({' to '.join(map(str, sorted(set(one.place))))})" for one in found.ranking]
    if places:
        yield f"places by reliance on declared cues, the least first: {', '.join(places)}"
