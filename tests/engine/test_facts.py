"""What engine files say of themselves."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from envgen.cell import SmArch
from envgen.compat.records import Platform
from envgen.engine import Kind, Knowledge, NoEngine, inspect, inspect_bytes
from envgen.engine.rules.platform import platform_of

from .made import crossed, plan, record, torchscript, zipped


@pytest.mark.parametrize(
    ("release", "gpu", "tag", "serialization"),
    [("8.6.1.6", "8.0", "", 236), ("10.0.1.6", "8.6", "rtrt", 237), ("11.0.0.114", "12.0", "rtrt", 243)],
)
def test_plan(release: str, gpu: str, tag: str, serialization: int) -> None:
    inspected = inspect_bytes(plan(release, [80, 90, 120]), "model.plan")
    found = inspected.engines[0].plan
    assert (inspected.kind, inspected.diagnoses) == (Kind.PLAN, ())
    assert (str(found.tensorrt), str(found.gpu), found.tag) == (release, gpu, tag)
    assert (found.serialization, str(found.body)) == (serialization, release)
    assert found.announced == found.present
    assert [str(code) for code in found.code] == ["8.0", "9.0", "12.0"]
    assert not found.host_code


def test_runtime_inside_a_plan_makes_it_version_compatible() -> None:
    engine = inspect_bytes(plan("10.0.1.6", host_code=True), "model.plan").engines[0]
    assert engine.plan.host_code
    assert engine.version_compatible


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_torchscript_with_texts_that_stand_in_it_once(compression: int) -> None:
    content = torchscript(record(plan("11.0.0.114")), compression=compression)
    inspected = inspect_bytes(content, "model.ts")
    module = inspected.engines[0].module
    assert (inspected.kind, inspected.diagnoses) == (Kind.TORCHSCRIPT, ())
    assert module is not None
    assert (module.abi, module.fields, module.platform) == (9, 12, "linux_x86_64")
    assert (module.gpu, module.gpu_name) == (SmArch(12, 0), "NVIDIA GeForce RTX 5090")
    assert (module.hardware_compatible, module.version_compatible) == (True, True)


def test_two_engines_of_one_module() -> None:
    content = torchscript(record(plan("10.0.1.6"), abi=5), record(plan("11.0.0.114")))
    engines = inspect_bytes(content, "model.ts").engines
    assert [(engine.module and engine.module.abi, str(engine.plan.tensorrt)) for engine in engines] == [
        (5, "10.0.1.6"),
        (9, "11.0.0.114"),
    ]
    assert engines[0].version_compatible is None


def test_program_compiled_for_windows() -> None:
    inspected = inspect_bytes(crossed(record(plan("11.0.0.114"), platform="windows_x86_64")), "model.ep")
    engine = inspected.engines[0]
    assert (inspected.kind, inspected.diagnoses, len(inspected.engines)) == (Kind.EXPORTED, (), 1)
    assert engine.module is not None
    assert engine.module.crossed
    assert engine.module.fields == 12
    assert platform_of(engine, Knowledge.current()) is Platform.WIN_AMD64


def test_plan_that_is_bytes_in_a_pickle() -> None:
    content = zipped({"m/data.pkl": pickle.dumps({"engine": plan("10.0.1.6")}, protocol=2)})
    inspected = inspect_bytes(content, "model.pt")
    assert [str(engine.plan.tensorrt) for engine in inspected.engines] == ["10.0.1.6"]
    assert (inspected.engines[0].plan.present, inspected.diagnoses) == (79332, ())


def test_name_with_quotes_in_a_program() -> None:
    texts = record(plan("11.0.0.114"))
    texts[1] = 'a "quoted" name\\'
    module = inspect_bytes(crossed(texts), "model.ep").engines[0].module
    assert module is not None
    assert module.name == texts[1]


def test_plan_in_another_programs_container() -> None:
    inspected = inspect_bytes(b"\x10\0\0\0{'names': ['a']}" + plan("10.0.1.6") + b"more", "model.engine")
    assert (inspected.kind, inspected.engines[0].at, inspected.diagnoses) == (Kind.OTHER, 20, ())


def test_raw_plan_in_a_zip_in_a_zip() -> None:
    inner = zipped({"constants/engine.bin": b"head" + plan("10.0.1.6")})
    inspected = inspect_bytes(zipped({"inner.pt2": inner}), "outer.zip")
    assert [(engine.member, engine.at) for engine in inspected.engines] == [("inner.pt2/constants/engine.bin", 4)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\x08\x07\x12\x07pytorch" * 9, "holds no TensorRT engine"),
        (zipped({"word/document.xml": b"<w/>"}), "holds no TensorRT engine"),
    ],
)
def test_files_without_an_engine(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "model.engine"
    file.write_bytes(content)
    with pytest.raises(NoEngine, match=words):
        inspect(file)


@pytest.mark.parametrize("name", ["missing.plan", "."])
def test_what_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match="cannot be read") as caught:
        inspect(tmp_path / name)
    assert str(tmp_path) not in caught.value.what
    assert "Errno" not in caught.value.what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.plan")
    with pytest.raises(NoEngine, match=r"a\.plan is a pipe"):
        inspect(tmp_path / "a.plan")


def test_large_sparse_file_is_not_held(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    file = tmp_path / "model.plan"
    size = 3 << 30
    head = bytearray(plan("11.0.0.114")[:4096])
    struct.pack_into("<Q", head, 16, size)
    with file.open("wb") as stream:
        stream.write(head)
        stream.truncate(1 << 26)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = inspect(file)
    assert found.diagnoses[0].cause == "trt-plan-corrupt"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
