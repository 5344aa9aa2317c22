"""Whatever stands in matrix.yaml: it is refused with a sentence, or every rendered file keeps its structure."""

from __future__ import annotations

import contextlib
import copy
import json
import re
import shlex
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from envgen.compat.facts import Facts
from envgen.errors import EnvgenError
from envgen.render.bake import bake_file
from envgen.spec.load import load

from .shipped import rendered

dockerfile = pytest.importorskip("dockerfile", reason="the parser has no wheel for this machine")

FACTS = Facts.bundled()
HARMLESS = "harmless1"
TREE: dict[str, Any] = {
    "version": 1,
    "axes": {
        "python": "3.12",
        "torch": "2.13",
        "cuda": ["cpu", "cu130"],
        "os": ["ubuntu24.04", "windows2022"],
        "arch": "x86_64",
        "numpy": {"package": "harmless1", "values": "2.3"},
        "harmless1": {"package": "other", "values": ["harmless1"]},
        "mode": {"variables": {"harmless1": {"harmless1": "harmless1"}}},
    },
    "exclude": [{"cuda": "cu130", "os": "windows2022", "reason": "harmless1"}],
    "select": {"harmless1": {"where": "torch>=2"}},
    "docker": {
        "images": {"ubuntu24.04": "harmless1", "ubuntu24.04-cu130": "nvcc/harmless1", "windows2022": "harmless1"}
    },
    "extension": {
        "path": "harmless1",
        "name": "harmless1",
        "import": "harmless1",
        "requires": ["harmless1"],
        "build": {
            "requires": ["harmless1"],
            "device_code": "optional",
            "cuda_archs": "9.0",
            "env": {"harmless1x": "harmless1"},
            "steps": [
                {"name": "harmless1", "run": ["python", "harmless1", "--x=harmless1"]},
                {"name": "second", "run": ["harmless1"]},
            ],
        },
        "checks": {"cpu": ["python", "harmless1"], "kernel": ["harmless1"]},
    },
    "runners": [{"labels": "harmless1"}],
    "indexes": {"pytorch": "https://host/harmless1"},
}
HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        *('"; rm -rf /', "'; rm -rf /; '", "a\nRUN evil", "a\r\nUSER root", "$(touch x)", "${PATH}", "`id`", "x`"),
        *("{{ cell }}", "{% raw %}", "../..", "/etc", "x\\", "x\\\\", "'", '"', "<<EOF", "# escape=`", "%{if true}"),
        *("\x00", "\x1b[31m", "\u2028", "\u202e", "\u2019; evil", "\u200b", "übung", "--mount=type=secret", "", " "),
        *("a: b", "- a", "&a", "*a", "!!python/object", "|", "x:1 AS y", "-f", "a b", "${localEnv:HOME}", "\ufeff"),
    ]
)


def places(tree: object, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where a text of the user's stands; the last step of a key that is one is `key`."""
    if isinstance(tree, dict):
        keys = [(*way, key, "key") for key in tree if HARMLESS in key]
        return [*keys, *(place for key, item in tree.items() for place in places(item, (*way, key)))]
    if isinstance(tree, list):
        return [place for index, item in enumerate(tree) for place in places(item, (*way, index))]
    return [way] if HARMLESS in str(tree) else []


PLACES = places(TREE)


def with_value(place: tuple[str | int, ...], value: str) -> dict[str, Any]:
    tree = copy.deepcopy(TREE)
    target: Any = tree
    *way, last = place[:-1] if place[-1] == "key" else place
    for step in way:
        target = target[step]
    if place[-1] == "key":
        items = [(str(key).replace(HARMLESS, value) if key == last else key, item) for key, item in target.items()]
        target.clear()
        target.update(items)
    else:
        target[last] = target[last].replace(HARMLESS, value)
    return tree


def files(tree: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Path to text of everything that is rendered of a matrix.

    Raises:
        EnvgenError: it is refused.
    """
    source = folder / tree["extension"]["path"]
    with contextlib.suppress(OSError, ValueError):  # a folder cannot have any name
        if source.resolve().is_relative_to(folder):
            source.mkdir(parents=True, exist_ok=True)
            (source / "setup.py").touch()
    (folder / "matrix.yaml").write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    conda = folder / "environments" / "conda" / "name" / "conda-lock.yml"
    conda.parent.mkdir(parents=True, exist_ok=True)
    conda.touch()
    made = [each for _, each in rendered(load(folder / "matrix.yaml"), FACTS, conda, conda)]
    bake = bake_file([each.linux for each in made if each.linux], "matrix.yaml")
    return {str(file.path): file.text for file in (bake, *(file for each in made for file in each.files))}


def structure(path: str, text: str) -> object:
    """What an independent reader of the format finds in a file: words, with what is one word in one place."""
    if path.endswith("Dockerfile"):
        return [_instruction(command) for command in dockerfile.parse_string(text)]
    if path.endswith(".yaml"):
        return yaml.safe_load(text)
    if path.endswith(".json"):
        return json.loads(re.sub(r"\A(//.*\n)+", "", text))
    return text.splitlines()


def _instruction(command: Any) -> object:
    shell = command.cmd == "RUN" and not command.json and command.value[0].startswith(("{", "mkdir", "micromamba"))
    words = shlex.split(command.value[0]) if shell else command.value
    return [command.cmd, command.flags, command.json, list(words)]


def texts(value: object) -> list[str]:
    """Every leaf, in order; what is not text by its name."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in (f"key {key}", *texts(item))]
    if isinstance(value, list | tuple):
        return ["[", *(leaf for item in value for leaf in texts(item)), "]"]
    return [str(value)]


def compare(hostile: Mapping[str, str], harmless: Mapping[str, str]) -> None:
    """Both have the same files, and in each the same words, but for those that hold the harmless one."""
    assert len(hostile) == len(harmless)
    for (path, text), (other_path, other) in zip(hostile.items(), harmless.items(), strict=True):
        assert re.fullmatch(r"environments/([\w.-]+/)?[\w.-]+", path, re.ASCII)
        assert ".." not in path.split("/")
        assert HARMLESS in other_path or path == other_path
        found, expected = texts(structure(path, text)), texts(structure(other_path, other))
        assert len(found) == len(expected), path
        for word, wanted in zip(found, expected, strict=True):
            assert word == wanted or HARMLESS in wanted, (path, word, wanted)


@cache
def harmless() -> Mapping[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        return files(TREE, Path(folder).resolve())


def test_the_harmless_matrix_renders_every_kind() -> None:
    names = {Path(path).name for path in harmless()}
    assert {"Dockerfile", "conda.Dockerfile", "docker-bake.json", "compose.yaml", "devcontainer.json"} <= names
    assert any("windows" in path for path in harmless())


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=HOSTILE)
@example(place=("extension", "build", "env", "harmless1x"), value="x`")
@example(place=("extension", "build", "env", "harmless1x"), value="x\\")
@example(place=("extension", "checks", "cpu", 1), value="${PATH}")
@example(place=("axes", "mode", "variables", "harmless1", "harmless1"), value='" USER root "')
@example(place=("docker", "images", "ubuntu24.04"), value="x:1 AS y")
@example(place=("extension", "build", "steps", 0, "run", 1), value="$(touch x); `id`")
def test_a_hostile_text(place: tuple[str | int, ...], value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            hostile = files(with_value(place, value), Path(folder).resolve())
        except EnvgenError:
            return
    compare(hostile, harmless())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_another_harmless_text_is_taken_everywhere(place: tuple[str | int, ...]) -> None:
    """So that nothing above passes for being refused."""
    with tempfile.TemporaryDirectory() as folder:
        compare(files(with_value(place, "peaceful2"), Path(folder).resolve()), harmless())


def test_the_reader_sees_what_it_is_to_find() -> None:
    (path,) = [path for path in harmless() if "windows" in path and path.endswith("Dockerfile")]
    line = f'ENV harmless1x="{HARMLESS}"'
    for evil in (f"{line} OTHER=1", f"{line}\nUSER root"):
        broken = harmless()[path].replace(line, evil)
        assert broken != harmless()[path]
        with pytest.raises(AssertionError):
            compare({**harmless(), path: broken}, harmless())
