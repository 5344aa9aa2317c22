"""The templates of generated files. A value that went through no quoting filter does not reach the output."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from envgen.assets import asset
from envgen.render.quoting import FILTERS, Quoted


def render_template(name: str, **values: object) -> str:
    """The text of `templates/<name>` with these values.

    Raises:
        EnvgenError: a value cannot be quoted for its place.
    """
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    """Made once: it keeps the templates that it has compiled."""
    environment = Environment(
        loader=FileSystemLoader(asset("templates")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  (no HTML: `finalize` demands a quoting filter instead)
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        newline_sequence="\n",
        finalize=_only_quoted,
    )
    environment.filters.update(FILTERS)
    return environment


def _only_quoted(value: object) -> Quoted:
    if not isinstance(value, Quoted):
        raise TypeError(f"the template writes {value!r} without a quoting filter")
    return value
