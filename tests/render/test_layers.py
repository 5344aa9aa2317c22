"""Which packages of a lock are installed before the rest, from locks that cells share."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from envgen.errors import EnvgenError
from envgen.lock import Lock, LockedPackage
from envgen.lock.pep751 import BuildRequirement
from envgen.render.dockerfile import render_dockerfile
from envgen.render.layers import DEAR, LARGE, TORCH, WHOLE, Layer, lock_layers

from .cases import cases
from .parsing import instructions

TENSORRT = ("tensorrt-cu13", "torch-tensorrt", "numpy")


def package(
    name: str, size: int | None, *, version: str = "1.0", folder: str = "https://host.example/"
) -> LockedPackage:
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return LockedPackage(name, version, file, folder + file, "ab" * 32, size)


def lock(*packages: LockedPackage, request: str = "request") -> Lock:
    return Lock(Path(request, WHOLE), packages, request, "0" * 64, "0.13.8")


TORCH_ALONE = (package("nvidia-cublas", DEAR), package("torch", 10 * DEAR), package("triton", 2 * DEAR))
SMALL = (package("numpy", DEAR - 1), package("sympy", 100))


def names(layer: Layer) -> list[str]:
    assert layer.text is not None
    return [entry["name"] for entry in tomllib.loads(layer.text)["packages"]]


def test_the_large_packages_come_first() -> None:
    torch, whole = lock_layers(lock(*SMALL, *TORCH_ALONE))
    assert (torch.lock, names(torch)) == (TORCH, ["nvidia-cublas", "torch", "triton"])
    assert whole == Layer(WHOLE)


def test_cells_with_the_same_torch_have_the_same_bytes() -> None:
    one = lock(*SMALL, *TORCH_ALONE, request="one")
    other = lock(*TORCH_ALONE[::-1], package("numpy", 7, version="2.0"), package("tensorrt-cu13-libs", 99 * DEAR))
    assert lock_layers(one)[0] == lock_layers(other, TENSORRT)[0]
    newer = lock(*SMALL, *TORCH_ALONE[:1], package("torch", 10 * DEAR, version="2.0"))
    assert lock_layers(one)[0] != lock_layers(newer)[0]


def test_what_an_axis_brings_is_a_layer_of_its_own() -> None:
    brought = (package("tensorrt-cu13-libs", 50 * DEAR), package("torch-tensorrt", DEAR), package("tensorrt-cu13", 9))
    torch, large, whole = lock_layers(lock(*SMALL, *TORCH_ALONE, *brought), TENSORRT)
    assert names(torch) == ["nvidia-cublas", "torch", "triton"]
    assert large.lock == LARGE
    assert set(names(large)) == {*names(torch), "tensorrt-cu13-libs", "torch-tensorrt"}
    assert whole.text is None


def test_torch_parts_from_the_rest_whatever_its_size() -> None:
    assert names(lock_layers(lock(package("torch", None), *SMALL))[0]) == ["torch"]
    assert names(lock_layers(lock(package("torch", 5)), ("torch",))[0]) == ["torch"]


def test_a_lock_without_dear_packages_is_one_step() -> None:
    assert lock_layers(lock(*SMALL)) == lock_layers(lock()) == (Layer(WHOLE),)


def test_a_stub_is_dear_whatever_its_own_size() -> None:
    """Its build fetches the vendor's libraries; cells that share torch alone share nothing of that."""
    stub = replace(package("tensorrt-cu13-libs", 15_000), file="tensorrt_cu13_libs-11.0.tar.gz")
    torch, large, whole = lock_layers(lock(*SMALL, *TORCH_ALONE, stub), ("tensorrt",))
    assert [layer.builds for layer in (torch, large, whole)] == [False, True, False]
    assert torch == lock_layers(lock(*TORCH_ALONE))[0]
    (entry,) = [each for each in tomllib.loads(large.text or "")["packages"] if each["name"] == stub.name]
    assert entry["sdist"] == {"name": stub.file, "url": stub.location, "hashes": {"sha256": stub.sha256}}
    assert "wheels" not in entry


def test_what_builds_a_stub_is_mounted_where_it_is_built() -> None:
    stub = replace(package("tensorrt-cu13-libs", 15_000), file="tensorrt_cu13_libs-11.0.tar.gz")
    tool = BuildRequirement(version="1", url="file:///my/wheels/tool-1-py3-none-any.whl", sha256="ab" * 32)
    torch, large, whole = lock_layers(replace(lock(*TORCH_ALONE, stub, *SMALL), build={"tool": tool}), ("tensorrt",))
    assert [layer.local_files for layer in (torch, large, whole)] == [(), ("/my/wheels/tool-1-py3-none-any.whl",), ()]


def test_it_is_a_lock() -> None:
    pylock = pytest.importorskip("packaging.pylock", reason="an older packaging does not know locks")
    layer = lock_layers(lock(*TORCH_ALONE))[0]
    assert pylock.is_valid_pylock_path(Path(layer.lock))
    pylock.Pylock.from_dict(tomllib.loads(layer.text or "")).validate()


OF_A_CELL = """\
# Generated for the cell {cell}.
lock-version = "1.0"

[[packages]]
name = "torch"
wheels = [
    {{ url = "https://host.example/torch.whl" }},
]

[packages.tool.other]
kept = ["[tool.envgen]"]

[tool.envgen]
cell = "{cell}"
origin = [
    "https://host.example",
]

[tool.envgen.sizes]
"torch.whl" = 3

[[packages]]
name = "numpy"
"""


@pytest.mark.skipif(shutil.which("awk") is None, reason="there is no awk here")
def test_what_names_the_cell_is_taken_out_of_its_lock() -> None:
    (strip,) = [
        line.rest for line in instructions(render_dockerfile(cases()["backend"])) if line.rest.startswith("awk")
    ]
    program = shlex.split(strip)[:2]
    texts = []
    for cell in ("one", "other"):
        lock = OF_A_CELL.format(cell=cell)
        texts.append(subprocess.run(program, input=lock, capture_output=True, text=True, check=True).stdout)
        content = tomllib.loads(lock)
        del content["tool"]
        assert tomllib.loads(texts[-1]) == content
    assert texts[0] == texts[1]


def test_local_files_are_mounted_where_they_are_installed_first() -> None:
    here = "file:///my%2Bfolder/wheels/"
    local = lock(package("torch", 1, version="2.13%2Bcpu", folder=here), package("sympy", 1, folder=here), *SMALL[:1])
    torch, whole = lock_layers(local)
    assert torch.local_files == ("/my+folder/wheels/torch-2.13+cpu-py3-none-any.whl",)
    assert whole.local_files == ("/my+folder/wheels/sympy-1.0-py3-none-any.whl",)
    text = render_dockerfile(replace(cases()["backend"], layers=(torch, whole)))
    for file in (*torch.local_files, *whole.local_files):
        assert text.count(f"--mount=type=bind,from=toolchain,source={file},target={file} \\\n") == 1


@pytest.mark.parametrize(
    "file", ["/a b/x.whl", "/a,rw/x.whl", "/a/../x.whl", "x.whl", "/a\nRUN x", "/$HOME/x.whl", '/"/x']
)
def test_a_local_file_that_cannot_be_mounted_is_refused(file: str) -> None:
    with pytest.raises(EnvgenError, match="cannot mount"):
        render_dockerfile(replace(cases()["backend"], layers=(Layer(WHOLE, local_files=(file,)),)))
