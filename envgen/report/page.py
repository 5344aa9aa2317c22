"""A report as one HTML file that needs nothing else: no network, no other file, and it works without scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from envgen.assets import asset
from envgen.compat.words import counted
from envgen.crossload import CrossLoad
from envgen.report.crossing import CrossingView, cause, foretold, short, why
from envgen.report.text import clean
from envgen.report.view import GLYPHS, OUTCOMES, CellView, ReportView, duration, moment, told_from
from envgen.results import LADDER, Report


def report_html(report: Report, crossload: CrossLoad | None = None) -> str:
    """The page. Its content security policy names the one style and the one script by hash, so nothing that a log or
    a name brings along could run even if it got past the escaping."""
    templates = asset("templates")
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        newline_sequence="\n",
        finalize=_cleaned,
    )
    environment.filters.update(anchor=_anchor, counted=counted, duration=duration, moment=moment, value=_value)
    environment.filters.update(cause=cause, foretold=foretold, short=short, told_from=told_from, why=why)
    style = (templates / "report.css").read_text(encoding="utf-8")
    script = (templates / "report.js").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(
        view=ReportView(report),
        run=report.run,
        patterns=report.patterns,
        crossing=CrossingView(crossload) if crossload else None,
        left_out=[(left.reason, left.cells) for left in report.run.left_out],
        ladder=LADDER,
        outcomes=OUTCOMES,
        glyphs=GLYPHS,
        style=Markup(style),  # noqa: S704  (our own file)
        script=Markup(script),  # noqa: S704  (our own file)
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _anchor(cell: CellView) -> str:
    """The cell's fragment: its id, or a hash where the name could not stand in one."""
    name = cell.result.cell
    if re.fullmatch(r"[\w.+-]+", name, re.ASCII):
        return f"cell-{name}"
    return f"cell-{hashlib.sha256(name.encode(errors='backslashreplace')).hexdigest()[:12]}"


def _value(value: object) -> str:
    """A measured fact, on one line."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
