"""What a report shows, and showing it: options that several commands share, and the command that opens a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.privacy.disclosure import Disclosure

_OPTIONS = (
    click.option(
        "--images",
        type=click.Choice(["none", "blur-regions", "full"]),
        help="How much of the photographs reports show. blur-regions pixelates regions declared protected, or those "
        "that [report] blur names. Default: full; none with --preset public.",
    ),
    click.option(
        "--preset",
        type=click.Choice(["public", "internal"]),
        help="public: groups of fewer than 5 are left out with those that would give them away, names of images are "
        "hashed, single images are left out. internal: nothing is. Default: as the plan says, else internal.",
    ),
    click.option(
        "--hash-ids/--plain-ids",
        default=None,
        help="Hash the names of images in reports (HMAC-SHA256). The salt is kept in private.json beside audit.json, "
        "and in no report: who has it can find an image's hash, nobody else can.",
    ),
    click.option(
        "--lang",
        "language",
        metavar="CODE",
        help="Language of the HTML and PDF reports: en or ja. Default: as the plan says, else en.",
    ),
)


def with_disclosure(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options on what reports show.

    Parameters
    ----------
    command
        That takes them as ``images``, ``preset``, ``hash_ids`` and ``language``.

    Returns
    -------
    callable
        The command with them.
    """
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_disclosure(flags: dict[str, Any]) -> Disclosure:
    """Take those options out of the flags of a command.

    Parameters
    ----------
    flags
        As click gives them; these are removed.

    Returns
    -------
    Disclosure
        What was said; the rest is as the plan says.

    Raises
    ------
    UsageError
        If there are no reports in the language asked for.
    """
    from auditor.privacy.disclosure import Disclosure
    from auditor.report.catalogue import SOURCE, check_language

    said = Disclosure(**{name: flags.pop(name) for name in ("images", "preset", "hash_ids", "language")})
    check_language(said.language or SOURCE)
    return said


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def show(folder: Path) -> None:
    """Open the HTML report of the audit in FOLDER in a browser, and print where it is.

    It is rendered first where it is missing. Without a browser the path is all there is.
    """
    from auditor.publishing.showing import find_page, open_page

    page, remarks = find_page(folder)
    click.echo(page)
    for remark in (*remarks, open_page(page)):
        if remark:
            click.echo(remark, err=True)
