"""Turns the result files of a run into what people and programs read."""

from envgen.report.crossload_terminal import crossload_terminal
from envgen.report.markdown import report_markdown
from envgen.report.page import report_html
from envgen.report.store import Loaded, crossload_json, load_report, report_json, write_reports
from envgen.report.terminal import report_terminal

__all__ = [
    "Loaded", "crossload_json", "crossload_terminal", "load_report", "report_html", "report_json", "report_markdown",
    "report_terminal", "write_reports",
]  # fmt: skip
