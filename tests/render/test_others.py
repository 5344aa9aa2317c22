"""Dockerfiles of Windows and of conda, the bake file, and the ways into a cell: their text (goldens) and structure."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from envgen import __version__
from envgen.cell import Cell
from envgen.compat.windows import WindowsContainers
from envgen.errors import EnvgenError
from envgen.image import ImageReference
from envgen.render.about import described, image_tag
from envgen.render.bake import bake_file
from envgen.render.conda import conda_files
from envgen.render.files import Generated
from envgen.render.shells import shell_files
from envgen.render.windows import windows_files

from .cases import REFERENCE, cases, conda_inputs, inputs, windows_inputs, windows_tensorrt

dockerfile = pytest.importorskip("dockerfile", reason="the parser has no wheel for this machine")

ITS = replace(REFERENCE, imports=("its",))
GOLDEN = Path(__file__).parent / "golden"
CASES = cases()
CUDA = CASES["cuda_steps"]
BAKED = [inputs for name, inputs in CASES.items() if name != "environment_only"]  # a cell comes once in a matrix


def text_of(files: tuple[Generated, ...], name: str) -> str:
    (found,) = [file.text for file in files if file.path.name == name]
    return found


RENDERED = {
    "windows.Dockerfile": text_of(windows_files(windows_inputs(), ""), "Dockerfile"),
    "windows_tensorrt.Dockerfile": text_of(windows_files(windows_tensorrt(), ""), "Dockerfile"),
    "conda.Dockerfile": text_of(conda_files(conda_inputs()), "conda.Dockerfile"),
    "docker-bake.json": bake_file(BAKED, "matrix.yaml").text,
    "compose.yaml": text_of(shell_files(CUDA.cell, CUDA.extension, "matrix.yaml"), "compose.yaml"),
    "devcontainer.json": text_of(shell_files(CUDA.cell, CUDA.extension, "matrix.yaml"), "devcontainer.json"),
}


@pytest.mark.parametrize("name", RENDERED)
def test_golden(name: str) -> None:
    text = RENDERED[name].replace(f"envgen {__version__}", "envgen VERSION").replace(f'"{__version__}"', '"VERSION"')
    golden = GOLDEN / name
    if os.environ.get("ENVGEN_UPDATE_GOLDENS"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_bytes().decode()


def stages(text: str) -> list[str]:
    return [
        " ".join(command.value).rpartition(" ")[2] for command in dockerfile.parse_string(text) if command.cmd == "FROM"
    ]


def test_the_windows_dockerfile_as_docker_reads_it() -> None:
    text = RENDERED["windows.Dockerfile"]
    assert text.startswith("# escape=`\n")
    commands = dockerfile.parse_string(text)
    assert stages(text) == ["toolchain", "dependencies", "builder", "runtime"]
    assert commands[-1].cmd == "CMD"
    assert commands[-1].json
    assert [command.value for command in commands if command.cmd == "USER"] == [("ContainerUser",)]
    builds = [command for command in commands if command.cmd == "RUN" and command.value[0] == "python"]
    assert [command.value for command in builds] == [step.run for step in windows_inputs().steps]
    assert all(command.json for command in builds), "no shell reads a word of the matrix"
    assert "cd" * 32 in text


def test_each_step_on_windows_begins_with_an_empty_folder() -> None:
    commands = dockerfile.parse_string(RENDERED["windows.Dockerfile"])
    out = next(command.value[1] for command in commands if command.cmd == "ENV" and command.value[0] == "ENVGEN_OUT")
    assert out == '"C:\\step"'
    steps = [place for place, command in enumerate(commands) if command.cmd == "RUN" and command.value[0] == "python"]
    assert len(steps) == 2
    for step in steps:
        (taken,) = commands[step + 1].value
        assert re.fullmatch(
            r"Copy-Item C:\\step\\\* C:\\extension -Recurse -Force;\s+Remove-Item C:\\step\\\* -Recurse -Force", taken
        )


def test_a_windows_file_is_honest_about_what_was_tried() -> None:
    assert "Never built where envgen is made" in RENDERED["windows.Dockerfile"]


def test_every_windows_cell_has_an_image_or_a_reason() -> None:
    known = WindowsContainers.load()
    with pytest.raises(EnvgenError, match="windows11 on x86_64"):
        known.image(Cell.parse("py312-torch2.13-cpu-windows11-x86_64"))
    with pytest.raises(EnvgenError, match=r"Python 3\.8"):
        known.python(Cell.parse("py38-torch2.2-cpu-windows2022-x86_64"))
    own = replace(known, own={windows_inputs().cell.os: "team/windows:1"})
    assert own.image(windows_inputs().cell) == "team/windows:1"


def test_the_conda_dockerfile() -> None:
    text = RENDERED["conda.Dockerfile"]
    assert stages(text) == ["toolchain", "dependencies", "builder", "artifact", "runtime"]
    ignored = text_of(conda_files(conda_inputs()), "conda.Dockerfile.dockerignore")
    assert f"!{conda_inputs().lock}\n" in ignored


def test_bake_targets_groups_and_variables() -> None:
    document = json.loads(RENDERED["docker-bake.json"])
    targets, groups = document["target"], document["group"]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in (*targets, *groups, *document["variable"]))
    assert set(groups["default"]["targets"]) == set(targets)
    assert {target for group in groups.values() for target in group["targets"]} == set(targets)
    assert set(groups["os-debian12"]["targets"]) == {name for name in targets if "debian12" in name}
    cuda = targets["py312-torch2_13-cu130-ubuntu24_04-x86_64"]
    assert cuda["args"]["BASE_IMAGE"] == '${BASE_IMAGE_ubuntu24_04_cu130 == "" ? null : BASE_IMAGE_ubuntu24_04_cu130}'
    assert cuda["args"]["RUNTIME_IMAGE"] == '${BASE_IMAGE_ubuntu24_04 == "" ? null : BASE_IMAGE_ubuntu24_04}'
    arm = targets["py313-torch2_13-cpu-debian12-aarch64"]
    assert arm["platforms"] == ["linux/arm64"]
    assert "RUNTIME_IMAGE" not in arm["args"]


def test_bake_says_the_same_in_any_order() -> None:
    assert bake_file(BAKED[::-1], "matrix.yaml").text == RENDERED["docker-bake.json"]


def image_of(*modules: str) -> str:
    return ImageReference.parse(image_tag(CUDA.cell, replace(REFERENCE, imports=modules))).repository


def test_images_of_two_projects_have_two_names() -> None:
    names = [
        json.loads(bake_file([case], "matrix.yaml").text)["target"] for case in (CUDA, replace(CUDA, extension=ITS))
    ]
    assert [target["tags"][0].partition(":")[0] for found in names for target in found.values()] == ["reference", "its"]
    compose = yaml.safe_load(text_of(shell_files(CUDA.cell, ITS, "matrix.yaml"), "compose.yaml"))
    assert compose["services"]["shell"]["image"] == f"its:{CUDA.cell}"
    assert image_tag(CUDA.cell, None) == f"envgen:{CUDA.cell}"


@pytest.mark.parametrize(
    ("module", "name"),
    [("My_Extension", "my-extension"), ("pkg._C", "pkg"), ("_C", "c"), ("__", "envgen"), ("Größe $(x)\n", "gr-e-x")],
)
def test_any_module_gives_an_image_a_name(module: str, name: str) -> None:
    assert image_of(module, "other") == name


def test_names_that_only_a_dot_tells_apart() -> None:
    cells = [inputs(f"py312-torch2.13-cpu-debian12-x86_64-blas_{value}") for value in ("1.2", "1_2")]
    document = json.loads(bake_file(cells, "matrix.yaml").text)
    assert len(document["target"]) == 2
    assert len(document["group"]["default"]["targets"]) == 2
    groups = [group["targets"] for name, group in document["group"].items() if name.startswith("blas-")]
    assert sorted(map(len, groups)) == [1, 1]


def test_a_shell_in_the_cell() -> None:
    (service,) = yaml.safe_load(RENDERED["compose.yaml"])["services"].values()
    assert service["user"] == "${ENVGEN_USER:-10001:10001}"
    assert service["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]
    cpu = text_of(shell_files(CASES["backend"].cell, None, "matrix.yaml"), "compose.yaml")
    assert "deploy" not in yaml.safe_load(cpu)["services"]["shell"]
    assert yaml.safe_load(cpu)["services"]["shell"]["platform"] == "linux/arm64"


def test_a_development_container() -> None:
    document = json.loads(re.sub("^//.*\n", "", RENDERED["devcontainer.json"], flags=re.MULTILINE))
    assert document["build"]["target"] == "development"
    assert document["remoteUser"] == "envgen"
    assert document["hostRequirements"] == {"gpu": "optional"}


@pytest.mark.parametrize(
    ("tensorrt", "versions", "said"),
    [
        ("11.0", {"tensorrt-cu13-libs": "11.0.0.114", "tensorrt": "11.0.0.114", "torch-tensorrt": "2.13.0"}, "full"),
        ("11.1lean", {"tensorrt-lean-cu13-bindings": "11.1.0.106", "tensorrt-lean-cu13-libs": "11.1.0.106"}, "lean"),
    ],
)
def test_what_is_in_an_image_names_the_flavour(tensorrt: str, versions: dict[str, str], said: str) -> None:
    cell = Cell.parse(f"py312-torch2.13-cu130-trt{tensorrt}-debian12-x86_64")
    expected = {
        "full": "torch 2.13.0, torch-tensorrt 2.13.0, tensorrt 11.0.0.114",
        "lean": "torch 2.13.0, tensorrt-lean-cu13-libs 11.1.0.106",
    }
    assert described(cell, versions | {"torch": "2.13.0"}) == f"Python 3.12, {expected[said]}, CUDA 13.0"
