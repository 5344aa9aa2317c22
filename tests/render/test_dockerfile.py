"""Dockerfiles: their text (goldens), and that no value leaves the place it was written to."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from envgen import __version__
from envgen.cell import Cell
from envgen.errors import EnvgenError
from envgen.lock import BUILD_CONSTRAINTS
from envgen.render.dockerfile import environment_files, render_dockerfile, render_dockerignore
from envgen.results import Rung
from envgen.spec.matrix import Build, BuildStep, Check

from .cases import FROM_INDEX, REFERENCE, STEPS, cases, inputs
from .parsing import assignments, instructions

GOLDEN = Path(__file__).parent / "golden"
CASES = cases()
CUDA = CASES["cuda_steps"]

HOSTILE = st.text(max_size=40) | st.sampled_from(
    [
        '"; rm -rf /',
        "a\nRUN evil",
        "a\r\nUSER root",
        "$(touch x)",
        "${PATH}",
        "`id`",
        "{{ cell }}",
        "{% raw %}",
        "../..",
        "x\\",
        "x\\\\",
        "'",
        "<<EOF",
        "# escape=`",
        "\x00",
        "\x1b[31m",
        "\u2028",
        "\u202e",
        "übung",
        "--mount=type=secret",
        "",
        " ",
    ]
)


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    text = render_dockerfile(CASES[name]) + "\n# ---- Dockerfile.dockerignore\n" + render_dockerignore(CASES[name])
    text = text.replace(f"envgen {__version__}", "envgen VERSION").replace(f'"{__version__}"', '"VERSION"')
    golden = GOLDEN / f"{name}.Dockerfile"
    if os.environ.get("ENVGEN_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_bytes().decode()


@pytest.mark.parametrize("name", CASES)
def test_is_in_the_subset_that_every_builder_takes(name: str) -> None:
    text = render_dockerfile(CASES[name])
    assert not re.search(r"^#\s*\w+=", text, re.MULTILINE), "a parser directive, or what reads like one"
    assert "<<" not in text
    assert "--link" not in text
    assert "sharing=" not in text, "buildah waits on its own lock"
    assert text.endswith("]\n")
    assert "\r" not in text
    assert all(line == line.rstrip() for line in text.split("\n"))


def test_the_runtime_stage_has_no_compiler_and_no_root() -> None:
    text = render_dockerfile(CUDA)
    stages = dict(re.findall(r"^FROM .+ AS (\w+)\n((?:(?!FROM ).*\n)*)", text, re.MULTILINE))
    assert "FROM ${RUNTIME_IMAGE} AS dependencies" in text
    assert "FROM dependencies AS runtime" in text
    assert "g++" not in stages["dependencies"] + stages["runtime"]
    assert "devel" not in stages["dependencies"] + stages["runtime"]
    assert instructions(stages["runtime"])[-3].rest == "10001:10001"


@pytest.mark.parametrize("name", CASES)
def test_steps_that_cells_share_name_no_cell(name: str) -> None:
    """But in the sources of mounts and copies, which are no part of a step's key in the cache."""
    inputs = CASES[name]
    text = render_dockerfile(inputs)
    shared = text[text.index("FROM ${BASE_IMAGE}") : text.index("# To work on the sources in")]
    *before, whole = (layer.lock for layer in inputs.layers)
    before += [BUILD_CONSTRAINTS] * bool(inputs.build_constraints)
    for place in (f"COPY environments/{{}}/{whole} ", *(f"source=environments/{{}}/{lock}," for lock in before)):
        named = place.format(inputs.cell)
        assert shared.count(named) == 1
        shared = shared.replace(named, "")
    assert str(inputs.cell) not in shared
    assert not any(variable in shared for variable in inputs.variables)


def test_what_installs_leaves_no_variable_in_the_image() -> None:
    for name in CASES:
        text = render_dockerfile(CASES[name])
        image = text[text.index("AS dependencies") : text.index("AS development")] + text[text.index("AS runtime") :]
        assert not {variable for variable in assignments(image, "ENV") if variable.startswith(("UV_", "SSL_"))}


def test_secrets_are_mounted_and_never_copied() -> None:
    copies = [line.rest for line in instructions(render_dockerfile(CUDA)) if line.keyword in ("COPY", "ADD")]
    assert all("pip.conf" not in copy and "ca_bundle" not in copy for copy in copies)
    for run in (line.rest for line in instructions(render_dockerfile(CUDA)) if line.keyword == "RUN"):
        assert ("ca_bundle" in run) == ("--mount=type=secret,id=ca_bundle" in run)


def _hostile(value: str) -> tuple[str, str]:
    """The Dockerfile with the value wherever a user's text may stand, and the same with a harmless one."""
    texts = []
    for word in (value, "harmless"):
        extension = replace(
            REFERENCE,
            build=Build(env={"FLAGS": word}, steps=(BuildStep("only", ("python", word, f"--x={word}")),)),
            checks=(Check(Rung.CPU, ("python", word)),),
        )
        hostile = replace(
            CUDA,
            extension=extension,
            steps=extension.build.steps,
            matrix_name=word,
            lock_sha256=word,
            uv_version=word,
            versions={"torch": word},
            variables={"MODE": word},
        )
        texts.append(render_dockerfile(hostile))
    return texts[0], texts[1]


@given(HOSTILE)
@example("x\\")
def test_a_hostile_value_stays_where_it_was_put(value: str) -> None:
    try:
        text, harmless = _hostile(value)
    except EnvgenError:
        # Refused, which nothing but an unprintable character is reason for.
        assert not re.fullmatch(r"[\x20-\x7e]*", value)
        return
    parsed, expected = instructions(text), instructions(harmless)
    assert [line.keyword for line in parsed] == [line.keyword for line in expected]
    for line, other in zip(parsed, expected, strict=True):
        if line.keyword == "RUN":
            words = [word.replace("harmless", value) for word in shlex.split(other.rest)]
            assert shlex.split(line.rest) == words
    assert assignments(text, "ENV")["FLAGS"] == value
    assert assignments(text, "ENV")["MODE"] == value
    assert assignments(text, "LABEL")["dev.envgen.lock"] == f"sha256:{value}"
    assert json.loads(parsed[-1].rest) == ["python", value]


@given(HOSTILE)
@example("--from=toolchain")
@example("-x")
def test_a_hostile_path_is_one_path_below_the_context_or_refused(value: str) -> None:
    try:
        text = render_dockerfile(replace(CUDA, source=PurePosixPath(value)))
        ignore = render_dockerignore(replace(CUDA, source=PurePosixPath(value)))
    except EnvgenError:
        return
    (copy,) = [line.rest for line in instructions(text) if line.rest.endswith('"/src"]')]
    source, target = json.loads(copy)
    assert (source, target) == (str(PurePosixPath(value)), "/src")
    assert re.fullmatch(r"[\w.+@/ -]+", source)
    assert source == source.strip()
    assert not source.startswith(("/", "-"))
    assert ".." not in source.split("/")
    assert source == "." or f"!{source}\n" in ignore


@given(HOSTILE)
@example("ubuntu:24.04 AS x")
@example("-ubuntu")
def test_a_hostile_image_is_a_reference_or_refused(value: str) -> None:
    try:
        text = render_dockerfile(replace(CUDA, base_image=value))
    except EnvgenError:
        return
    assert f"\nARG BASE_IMAGE={value}\n" in text
    assert re.fullmatch(r"[\w./:@-]+", value, re.ASCII)


@pytest.mark.parametrize(
    "image",
    ["ubuntu:24.04", "host.example:5000/team/base_x:1.0-a", "debian@sha256:" + "a" * 64, "envgen/base:bookworm"],
)
def test_image_references_are_taken(image: str) -> None:
    assert f"ARG BASE_IMAGE={image}\n" in render_dockerfile(replace(CUDA, base_image=image))


@pytest.mark.parametrize("name", ["A B", "1A", "A=B", "A\nB", "", "Ä"])
def test_a_variable_has_a_name(name: str) -> None:
    with pytest.raises(EnvgenError):
        render_dockerfile(replace(CUDA, variables={name: "1"}))


@pytest.mark.parametrize("extra", [("../../x", "1"), ("blas", "../../etc"), ("blas", "a b"), ("blas", "$(id)")])
def test_a_cell_whose_id_is_no_id_gets_no_folder(extra: tuple[str, str]) -> None:
    cell = replace(CUDA.cell, extra=(extra,))
    with pytest.raises(EnvgenError, match="not a cell id"):
        environment_files(replace(CUDA, cell=cell), "lock")


def test_a_windows_cell_has_no_dockerfile() -> None:
    cell = Cell.parse("py312-torch2.13-cpu-windows2022-x86_64")
    with pytest.raises(EnvgenError, match="no Linux cell"):
        render_dockerfile(replace(CUDA, cell=cell))


@pytest.mark.parametrize("source", ["--index-url=x", "a==1 --hash=x", "a\nb", "a; evil"])
def test_a_source_on_the_index_is_one_requirement(source: str) -> None:
    with pytest.raises(EnvgenError):
        render_dockerfile(replace(CUDA, extension=replace(FROM_INDEX, source=source)))


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(EnvgenError, match="outside the folder"):
        render_dockerfile(replace(CUDA, source=None))
    with pytest.raises(EnvgenError, match="None of the build steps"):
        render_dockerfile(replace(CUDA, steps=()))
    with pytest.raises(EnvgenError, match="comes from the index"):
        render_dockerfile(replace(CUDA, extension=replace(FROM_INDEX, build=Build(steps=STEPS))))


def test_the_build_argument_rules_the_number_of_jobs() -> None:
    text = render_dockerfile(CUDA)
    assert '\nARG MAX_JOBS="2"\n' in text
    assert "MAX_JOBS" not in assignments(text, "ENV")


@pytest.mark.parametrize("name", ["backend", "index_wheels"])
def test_no_binary_of_another_cell_is_taken_from_a_cache(name: str) -> None:
    (install,) = [
        line.rest for line in instructions(render_dockerfile(CASES[name])) if "pip install --no-" in line.rest
    ]
    assert "--no-cache" in shlex.split(install)
    assert "type=cache" not in install


def test_architectures_and_variables_stand_in_one_order() -> None:
    turned = replace(CUDA, cuda_archs=CUDA.cuda_archs[::-1], versions=dict(reversed([*CUDA.versions.items()])))
    assert render_dockerfile(turned) == render_dockerfile(CUDA)
    assert assignments(render_dockerfile(CUDA), "ENV")["TORCH_CUDA_ARCH_LIST"] == "8.0;9.0;10.0+PTX"


def test_the_folder_of_a_cell() -> None:
    cpu = inputs("py313-torch2.13-cpu-debian12-aarch64")
    files = environment_files(cpu, "lock\n")
    assert [file.path.as_posix() for file in files] == [
        f"environments/{cpu.cell}/{name}"
        for name in ("Dockerfile", "Dockerfile.dockerignore", "pylock.toml", "compose.yaml", "devcontainer.json")
    ]
    assert files[2].text == "lock\n"


def test_the_locks_of_shared_layers_lie_beside_the_cell_s_own() -> None:
    files = environment_files(CASES["index_wheels"], "lock\n")
    locks = {file.path.name: file.text for file in files if file.path.name.startswith("pylock.")}
    assert locks == {
        "pylock.toml": "lock\n",
        "pylock.torch.toml": "torch alone",
        "pylock.large.toml": "torch and tensorrt",
    }
    ignore = render_dockerignore(CASES["index_wheels"]).splitlines()
    assert {f"!environments/{CASES['index_wheels'].cell}/{name}" for name in locks} <= set(ignore)


def test_stubs_are_built_with_what_was_locked_in_a_layer_that_cells_share() -> None:
    stubs = CASES["tensorrt_stubs"]
    runs = [line.rest for line in instructions(render_dockerfile(stubs)) if "uv pip sync" in line.rest]
    (builds,) = [run for run in runs if BUILD_CONSTRAINTS in run]
    assert f"--build-constraints /run/{BUILD_CONSTRAINTS} /run/pylock.large.toml" in " ".join(shlex.split(builds))
    files = {file.path.name: file.text for file in environment_files(stubs, "lock\n")}
    assert files[BUILD_CONSTRAINTS] == stubs.build_constraints
    assert f"!environments/{stubs.cell}/{BUILD_CONSTRAINTS}" in files["Dockerfile.dockerignore"].splitlines()
    assert "WHEEL_STUB_PIP_INDEX_URL" not in render_dockerfile(CASES["tensorrt_lean"])
    assert BUILD_CONSTRAINTS not in {file.path.name for file in environment_files(CASES["tensorrt_lean"], "lock\n")}


def test_the_whole_project_as_source_keeps_environments_out_of_the_context() -> None:
    ignore = render_dockerignore(replace(CUDA, source=PurePosixPath(".")))
    lines = ignore.splitlines()[1:]
    assert {"environments", "build", ".venv", "**/.git", "**/.envgen", "**/*.pyc"} <= set(lines)
    assert "*" not in lines
    assert lines.index("environments") < lines.index(f"!environments/{CUDA.cell}/pylock.toml")


def test_a_folder_as_source_leaves_out_what_builds_left_in_it() -> None:
    lines = render_dockerignore(replace(CUDA, source=PurePosixPath("my sources"))).splitlines()[1:]
    assert lines[:2] == ["*", "!my sources"]
    assert {"my sources/build", "my sources/dist", "**/*.egg-info"} <= set(lines)
    assert "build" not in lines
    assert 'COPY ["my sources", "/src"]' in render_dockerfile(replace(CUDA, source=PurePosixPath("my sources")))
