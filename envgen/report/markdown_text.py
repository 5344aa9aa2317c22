"""Words that Markdown shows as they stand, and the signs of outcomes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envgen.report.text import one_line
from envgen.results import Outcome

GLYPHS: Mapping[Outcome, str] = {Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.NOT_RUN: "⚪"}


def code(name: str) -> str:
    """A cell's id as code; any other name as plain text."""
    return f"`{name}`" if re.fullmatch(r"[\w.+-]+", name, re.ASCII) else plain(name)


def plain(text: str) -> str:
    """Text that Markdown shows as it stands: nothing in it is markup, HTML or a link."""
    escaped = re.sub(r"([\\`*_\[\]<>&|~$!#])", r"\\\1", one_line(text))
    return re.sub(r"(://|www\.)", lambda match: f"{match[1][:-1]}\\{match[1][-1]}", escaped)
