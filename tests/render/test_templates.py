"""The guard of the templates: a value without a quoting filter never reaches the output."""

from __future__ import annotations

import re

import jinja2
import pytest

from envgen.assets import asset
from envgen.render.quoting import FILTERS
from envgen.render.templates import render_template

NAMES = [
    *("Dockerfile.j2", "dockerignore.j2", "mirror.j2", "compose.yaml.j2", "devcontainer.json.j2"),
    *("conda.Dockerfile.j2", "Dockerfile.windows.j2", "install.windows.j2"),
]


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render_template("dockerignore.j2", envgen="1", matrix="m")


@pytest.mark.parametrize("name", NAMES)
def test_every_value_goes_through_a_quoting_filter(name: str) -> None:
    text = (asset("templates") / name).read_text(encoding="utf-8")
    outputs = re.findall(r"\{\{(.+?)\}\}", text)
    filters = rf"\| ({'|'.join(FILTERS)}) $"
    assert outputs
    assert all(re.search(filters, output) for output in outputs)
