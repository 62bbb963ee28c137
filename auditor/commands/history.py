"""The command that follows findings over audits of successive versions of a model."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

import click

PLAIN: Final = 80
"""Columns where there is no terminal to ask."""


@click.command("history")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it as one HTML file as well.")
@click.option("--lang", "language", metavar="CODE", default="en", help="Language of that file: en or ja. Default: en.")
def tell(folders: tuple[Path, ...], *, out: Path | None, language: str) -> None:
    """Show findings over the audits in each DIR: a table, a chart, and what changed from one to the next.

    DIR is the folder of an audit, or a folder of such folders; of what a plan with several models wrote, the audits of
    the models are shown. Audits stand in the order of their dates. No HTML file is written without --out. Nothing is
    tested: `auditor compare` measures the difference of two models.
    """
    from auditor.comparing.tracking import history
    from auditor.report.history_text import tell_history
    from auditor.report.plaintext import line

    made = history(*folders, out=out, language=language)
    for words in made.skipped:
        click.echo(f"note: {line(words)}", err=True)
    click.echo(
        tell_history(made, width=shutil.get_terminal_size((PLAIN, 24)).columns if sys.stdout.isatty() else PLAIN)
    )
    if out is not None:
        click.echo(out)
