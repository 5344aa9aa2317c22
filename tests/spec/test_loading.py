"""What a right file means."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.assets import asset
from envgen.cell import SmArch
from envgen.results import LADDER, Rung
from envgen.spec.load import load
from envgen.spec.matrix import Choice, DeviceCode, Match, Matrix, PackageAxis, Toolkit, VariableAxis

AXES = """\
version: 1
axes:
  python: ["3.11", "3.12"]
  torch: ["2.12", "2.13"]
  cuda: [cpu, cu130]
  os: [debian12, windows2022]
  arch: [x86_64]
"""


def loaded(folder: Path, text: str) -> Matrix:
    file = folder / "matrix.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_axes_only(tmp_path: Path) -> None:
    matrix = loaded(tmp_path, AXES)
    assert matrix.python == ("3.11", "3.12")
    assert matrix.tensorrt == ("none",)
    assert matrix.extension is None
    assert matrix.selections == {}
    assert matrix.axis_names == ("python", "torch", "cuda", "tensorrt", "os", "arch")


def test_numbers_are_taken_as_written(tmp_path: Path) -> None:
    axes = "version: 1\naxes: {python: [3.9, 3.10, 3.14t], torch: 2.10, cuda: 13.0, os: debian12, arch: x86_64}\n"
    matrix = loaded(tmp_path, axes)
    assert matrix.python == ("3.9", "3.10", "3.14t")
    assert matrix.torch == ("2.10",)
    assert matrix.cuda == ("cu130",)


def test_values_are_canonical(tmp_path: Path) -> None:
    text = AXES.replace("[cpu, cu130]", '["12.6", cpu]').replace("[x86_64]", "[arm64, AMD64]")
    text = text.replace('["2.12", "2.13"]', '[latest, latest-2, "2.13", "2.13.0", ">= 2.9, <2.12"]')
    text += 'exclude:\n  - {cuda: "12.6", arch: [amd64], reason: "two\\nlines"}\n'
    matrix = loaded(tmp_path, text)
    assert matrix.cuda == ("cu126", "cpu")
    assert matrix.arch == ("aarch64", "x86_64")
    assert matrix.torch == ("latest", "latest-2", "2.13", "2.13.0", "<2.12,>=2.9")
    assert matrix.exclude[0].match == Match({"cuda": ("cu126",), "arch": ("x86_64",)})
    assert matrix.exclude[0].reason == "two lines"


def test_own_axes(tmp_path: Path) -> None:
    text = AXES + (
        "  numpy: {package: numpy, values: [1.26, 2.3, latest, none]}\n"
        "  compiler: {variables: {gcc12: {CC: gcc-12, CXX: g++-12}, on: {FLAG: on, EMPTY: ''}}}\n"
        "exclude:\n  - {numpy: 1.26, compiler: [gcc*], reason: old}\n"
    )
    matrix = loaded(tmp_path, text)
    numpy = PackageAxis("numpy", ("1.26", "2.3", "latest", "none"), "numpy")
    variables = {"gcc12": {"CC": "gcc-12", "CXX": "g++-12"}, "on": {"FLAG": "on", "EMPTY": ""}}
    assert matrix.extra == (numpy, VariableAxis("compiler", ("gcc12", "on"), variables))
    assert matrix.axis_values("compiler") == ("gcc12", "on")
    assert matrix.exclude[0].match.axes == {"numpy": ("1.26",), "compiler": ("gcc*",)}


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = AXES + (
        "include:\n"
        "  - &old {python: 3.9, torch: 2.2, cuda: cpu, os: debian12, arch: x86_64, reason: old users}\n"
        "  - {<<: *old, python: 3.8}\n"
        "  - {<<: [{torch: 2.3}, *old]}\n"
    )
    values = [include.values for include in loaded(tmp_path, text).include]
    assert [(value["python"], value["torch"]) for value in values] == [("3.9", "2.2"), ("3.8", "2.2"), ("3.9", "2.3")]
    assert all(value["tensorrt"] == "none" for value in values)


def test_include_may_bring_an_excluded_cell_back(tmp_path: Path) -> None:
    text = AXES + (
        "exclude:\n  - {python: 3.12, torch: 2.13, reason: does not build}\n"
        "include:\n  - {python: 3.12, torch: 2.13, cuda: cpu, os: debian12, arch: x86_64, reason: it does here}\n"
    )
    assert loaded(tmp_path, text).include[0].reason == "it does here"


def test_selection_may_name_an_included_value(tmp_path: Path) -> None:
    text = AXES + (
        "include:\n  - {python: 3.9, torch: 2.2, cuda: cpu, os: debian12, arch: x86_64, reason: old}\n"
        "select:\n  old: {python: 3.9, os: host, arch: host}\n  py312: [{cells: 'py312-*'}, {torch: latest}]\n"
    )
    assert loaded(tmp_path, text).selections == {
        "old": Choice((Match({"python": ("3.9",), "os": ("host",), "arch": ("host",)}),)),
        "py312": Choice((Match({}, ("py312-*",)), Match({"torch": ("latest",)}))),
    }


def test_narrow_exclude_before_a_wide_one(tmp_path: Path) -> None:
    text = AXES + (
        "exclude:\n"
        "  - {python: 3.12, torch: 2.13, reason: narrow}\n"
        "  - {torch: '>=2.13', cells: 'py312-*', reason: limited by an id}\n"
        "  - {torch: '>=2.13', reason: wide}\n"
    )
    assert [entry.reason for entry in loaded(tmp_path, text).exclude] == ["narrow", "limited by an id", "wide"]


@pytest.mark.parametrize("axis", ["latest", '">=2.2"', '">=2.5.1"', '"==2.5.1"', '"2.5.1"'])
def test_what_needs_facts_is_left_to_the_plan(tmp_path: Path, axis: str) -> None:
    text = AXES.replace('["2.12", "2.13"]', axis) + 'exclude:\n  - {torch: "2.5", reason: "?"}\n'
    assert loaded(tmp_path, text).exclude[0].match.axes == {"torch": ("2.5",)}


EXTENSION = """\
extension:
  path: mine
  requires: [numpy, "pillow>=10"]
  import: [my_ext, my_ext.ops]
  build:
    requires: [setuptools]
    env: {MAX_JOBS: 2}
    device_code: required
    cuda_archs: [7.5, "10.0+PTX"]
    toolkit: wheels
    steps:
      - {name: ops, run: python build.py 'a b', per: [torch, cuda], when: {torch: ">=2.13"}}
      - {name: rest, run: [make, -j2]}
  checks:
    cpu: [python, -m, my_ext]
    kernel: python -m my_ext.kernel
    engine: {run: [python, -m, my_ext.engine], needs: gpu}
"""


def test_extension(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    extension = loaded(tmp_path, AXES + EXTENSION).extension
    assert extension is not None
    assert extension.path == tmp_path / "mine"
    assert extension.name == "mine"
    assert extension.requires == ("numpy", "pillow>=10")
    assert extension.imports == ("my_ext", "my_ext.ops")
    build = extension.build
    assert (build.device_code, build.toolkit) == (DeviceCode.REQUIRED, Toolkit.WHEELS)
    assert build.cuda_archs == (SmArch(7, 5), SmArch(10, 0, ptx=True))
    assert build.env == {"MAX_JOBS": "2"}
    first, second = build.steps
    assert first.run == ("python", "build.py", "a b")
    assert first.per == ("torch", "cuda")
    assert first.when == Match({"torch": (">=2.13",)})
    assert (second.run, second.per, second.when) == (("make", "-j2"), None, None)
    needs = {check.rung: check.needs for check in extension.checks}
    assert needs == {Rung.CPU: (), Rung.KERNEL: ("gpu",), Rung.ENGINE: ("gpu", "tensorrt")}
    kernel = extension.check(Rung.KERNEL)
    assert kernel is not None
    assert kernel.run == ("python", "-m", "my_ext.kernel")


def test_extension_of_one_line(tmp_path: Path) -> None:
    extension = loaded(tmp_path, AXES + "extension: {source: torch-scatter == 2.1.2}\n").extension
    assert extension is not None
    assert (extension.path, extension.source) == (None, "torch-scatter==2.1.2")
    assert (extension.name, extension.imports) == ("torch-scatter", ("torch_scatter",))
    assert "ninja" in extension.build.requires
    assert extension.checks == ()


def test_project_name(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "my-ext"\n')
    extension = loaded(tmp_path, AXES + "extension: {path: .}\n").extension
    assert extension is not None
    assert (extension.name, extension.imports) == ("my-ext", ("my_ext",))


def test_runners_indexes_and_limits(tmp_path: Path) -> None:
    text = AXES + (
        "runners:\n  - {os: linux, labels: ubuntu-24.04}\n  - {cuda: 'cu*', labels: [self-hosted, gpu], gpu: true}\n"
        "indexes: {pytorch: 'https://mirror.example/whl/', extra: 'file:///srv/wheels'}\n"
        "limits: {memory: 8GiB, timeouts: {built: 1.5h, default: 90}}\n"
    )
    matrix = loaded(tmp_path, text)
    assert [(runner.labels, runner.gpu) for runner in matrix.runners] == [
        (("ubuntu-24.04",), False),
        (("self-hosted", "gpu"), True),
    ]
    assert matrix.indexes.pytorch == "https://mirror.example/whl"
    assert matrix.indexes.extra == ("file:///srv/wheels",)
    assert matrix.limits.memory == 8 * 2**30
    assert matrix.limits.timeouts == {rung: 5400.0 if rung is Rung.BUILT else 90.0 for rung in LADDER}


def test_engines_of_the_extension(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    text = AXES + "extension: {path: ./., import: mine, engines: [engines/*.plan, ../shared/model.ts]}\n"
    extension = loaded(tmp_path, text).extension
    assert extension is not None
    assert extension.engines == ("engines/*.plan", "../shared/model.ts")


def test_defaults(tmp_path: Path) -> None:
    matrix = loaded(tmp_path, AXES)
    assert not matrix.indexes.pytorch
    assert set(matrix.limits.timeouts) == set(LADDER)
    assert matrix.limits.timeouts[Rung.BUILT] > matrix.limits.timeouts[Rung.LOADED] > 0
    assert matrix.limits.memory is None


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "matrix.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + AXES.replace("\n", "\r\n").encode())
    assert load(file).torch == ("2.12", "2.13")


def test_shipped_matrix() -> None:
    matrix = load(asset("matrix.yaml"))
    assert matrix.extension is not None
    assert matrix.extension.imports == ("envgen_reference",)
    assert {"default", "wide", "gpu", "tensorrt"} <= set(matrix.selections)
    assert len(matrix.selections["wide"].entries) >= 6
    assert [step.name for step in matrix.extension.build.steps] == ["ops", "stable", "module"]
    assert [check.rung for check in matrix.extension.checks] == [Rung.CPU, Rung.KERNEL, Rung.ENGINE]
