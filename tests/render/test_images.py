"""Which images cells start from: the user's own, and those that a lock pins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from envgen.cell import Cell, Cuda, Os
from envgen.compat.facts import Facts
from envgen.errors import EnvgenError
from envgen.image import ImageReference, LockedImage
from envgen.render.cell_files import cell_images
from envgen.render.images import IMAGES_LOCK, ImagesLock, matrix_images, unlocked
from envgen.render.needed import needed_images
from envgen.spec.load import load
from envgen.spec.matrix import Docker, Matrix

CELLS = [
    Cell.parse("py311-torch2.13-cpu-debian12-x86_64"),
    Cell.parse("py312-torch2.13-cu130-ubuntu24.04-x86_64"),
    Cell.parse("py312-torch2.13-cpu-macos14-aarch64"),
]
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NVCC = "nvidia/cuda:13.0.2-devel-ubuntu24.04"


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    file = tmp_path / "matrix.yaml"
    (tmp_path / "csrc").mkdir()
    (tmp_path / "csrc" / "setup.py").touch()
    file.write_text(
        "version: 1\n"
        "axes: {python: [3.11, 3.12], torch: 2.13, cuda: [cpu, cu130], os: [debian12, ubuntu24.04], arch: x86_64}\n"
        "docker: {images: {debian12: host:5000/team/debian:12}}\n"
        "extension: {path: csrc, build: {device_code: required, cuda_archs: '9.0'}}\n"
    )
    return load(file)


def locked(digest: str, day: str = "2026-11-01") -> LockedImage:
    return LockedImage(digest, ("linux/amd64",), date.fromisoformat(day), "https://host/v2")


def test_own_images_stand_in_the_place_of_the_known(matrix: Matrix) -> None:
    images = matrix_images(matrix)
    assert cell_images(CELLS[0], matrix, Facts.bundled(), images) == ("host:5000/team/debian:12",) * 2
    assert cell_images(CELLS[1], matrix, Facts.bundled(), images) == (NVCC, "ubuntu:24.04")


def test_an_own_image_with_nvcc_is_for_its_cuda_only(matrix: Matrix) -> None:
    own = {(Os.parse("ubuntu24.04"), Cuda(13, 0)): ImageReference.parse("team/cuda:13")}
    images = matrix_images(replace(matrix, docker=Docker(own)))
    assert cell_images(CELLS[1], matrix, Facts.bundled(), images) == ("team/cuda:13", "ubuntu:24.04")
    other = Cell.parse("py312-torch2.13-cu126-ubuntu24.04-x86_64")
    assert cell_images(other, matrix, Facts.bundled(), images)[0].startswith("nvidia/cuda:12.6")


def test_a_windows_cell_has_an_image(matrix: Matrix) -> None:
    cell = Cell.parse("py312-torch2.13-cpu-windows2022-x86_64")
    (image,) = cell_images(cell, matrix, Facts.bundled(), matrix_images(matrix))
    assert image.endswith("/windows/servercore:ltsc2022")


def test_the_needed_are_those_of_cells_that_have_a_dockerfile(matrix: Matrix) -> None:
    assert needed_images(CELLS, matrix, Facts.bundled()) == {"host:5000/team/debian:12", NVCC, "ubuntu:24.04"}
    lock = matrix.file.parent / "environments" / "conda" / "name" / "conda-lock.yml"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert any("micromamba" in image for image in needed_images(CELLS, matrix, Facts.bundled()))


def test_a_locked_digest_pins_the_image(matrix: Matrix, tmp_path: Path) -> None:
    path = tmp_path / IMAGES_LOCK
    path.parent.mkdir()
    path.write_text(ImagesLock({NVCC: locked(A)}).text)
    images = cell_images(CELLS[1], matrix, Facts.bundled(), matrix_images(matrix))
    assert images == (f"{NVCC}@{A}", "ubuntu:24.04")
    assert unlocked(images) == ("ubuntu:24.04",)


def test_the_lock_is_sorted_and_reads_what_it_wrote(tmp_path: Path) -> None:
    lock = ImagesLock({"b:1": locked(B), "a:1": locked(A)})
    assert lock.text == ImagesLock(dict(reversed(lock.images.items()))).text
    assert lock.text.index('"a:1"') < lock.text.index('"b:1"')
    (tmp_path / "lock").write_text(lock.text)
    assert ImagesLock.read(tmp_path / "lock") == lock
    assert ImagesLock.read(tmp_path / "none") == ImagesLock({})


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"images": []}', '{"images": {"a:1": {"digest": "sha256:1"}}}', "\x00", '{"images": {"a b": 1}}'],
)
def test_a_damaged_lock_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock").write_text(text)
    with pytest.raises(EnvgenError, match="no usable lock") as caught:
        ImagesLock.read(tmp_path / "lock")
    assert "envgen images refresh" in caught.value.remedy


@pytest.mark.parametrize("field", ["digest", "name"])
def test_a_lock_holds_images_and_digests_only(tmp_path: Path, field: str) -> None:
    hostile = "x\nRUN evil"
    lock = ImagesLock({hostile if field == "name" else "a:1": locked(hostile if field == "digest" else A)})
    (tmp_path / "lock").write_text(lock.text)
    with pytest.raises(EnvgenError, match="no usable lock"):
        ImagesLock.read(tmp_path / "lock")


def test_what_still_holds_keeps_its_day_and_what_is_not_needed_goes() -> None:
    old = ImagesLock({"a:1": locked(A), "b:1": locked(A), "c:1": locked(A), "d:1": locked(A)})
    new = old.updated({"a:1", "b:1", "c:1", "e:1"}, {"a:1": locked(A, "2026-11-21"), "b:1": locked(B, "2026-11-21")})
    assert new.images == {"a:1": locked(A), "b:1": locked(B, "2026-11-21"), "c:1": locked(A)}
