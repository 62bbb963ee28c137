"""Templates: the one environment that fills them in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditor.report.caps import CUES, MARKS, ROWS
from auditor.report.charts import forest, trim
from auditor.report.dumbbells import cut, dumbbells
from auditor.report.ladders import ladder
from auditor.report.reliability import reliability
from auditor.resources import templates

if TYPE_CHECKING:
    from auditor.report.comparison_view import ComparisonView
    from auditor.report.pages import Page
    from auditor.report.printer import Pictures
    from auditor.report.view import View

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no page may hold, whatever a name in the data holds."""


@cache
def environment() -> Environment:
    """Set up the templates, once; what comes from a document is always escaped.

    Returns
    -------
    jinja2.Environment
        Undefined names are errors; `asset` puts one of our own style sheets or scripts into the page.
    """
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(templates()),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=_asset, forest=forest, trim=trim, dumbbells=dumbbells, cut=cut, reliability=reliability)
    made.globals.update(ladder=ladder)
    made.globals.update(most_rows=ROWS, most_marks=MARKS, most_cues=CUES)
    return made


def _asset(name: str) -> Markup:
    return Markup((templates() / name).read_text(encoding="utf-8"))  # noqa: S704 -- a file of ours, no data in it


def render(
    template: str,
    view: View | ComparisonView,
    *,
    chart_width: int,
    chart_rows: int,
    page: Page | Pictures | None = None,
) -> str:
    """Fill in a template.

    Parameters
    ----------
    template
        Its name.
    view
        What to print.
    chart_width
        Of forest plots, in their own units.
    chart_rows
        Of one drawing of a forest plot.
    page
        What else the HTML report needs; in print, what keeps the pictures out of the page.

    Returns
    -------
    str
        A page of HTML.
    """
    filled = environment().get_template(template)
    made = filled.render(view=view, chart_width=chart_width, chart_rows=chart_rows, page=page)
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", made).encode("utf-8", errors="replace").decode("utf-8")
