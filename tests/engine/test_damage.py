"""Damaged, foreign and hostile files: right facts or a sentence, and nothing of them is ever carried out."""

from __future__ import annotations

import base64
import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from envgen.engine import Inspected, NoEngine, inspect_bytes
from envgen.results import Diagnosis
from tests.binary.damage import mutations

from .made import crossed, plan, record, torchscript, zipped


def seeds() -> list[bytes]:
    return [
        plan("10.0.1.6", [86]),
        torchscript(record(plan("10.0.1.6"), abi=5, gpu="0%8%6%0%NVIDIA A40")),
        torchscript(record(plan("10.0.1.6")), record(plan("10.0.1.6")[:60000], abi=7)),
        crossed(record(plan("10.0.1.6"), platform="windows_x86_64")),
        zipped({"model/data.pkl": pickle.dumps([1, "two"], 2), "model/data/0": bytes(5000)}),
    ]


def told(content: bytes) -> str:
    """What is said of it; whatever else happens is not caught."""
    try:
        inspected = inspect_bytes(content, "model.engine")
    except NoEngine as error:
        return error.what
    assert inspected.engines or inspected.diagnoses
    return " ".join(diagnosis.sentence for diagnosis in inspected.diagnoses)


def diagnoses(content: bytes) -> tuple[Diagnosis, ...]:
    return inspect_bytes(content, "model.engine").diagnoses


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_damaged_files(start: int) -> None:
    said = {told(content) for content in mutations(seeds(), 100, start)}
    assert len(said) > 10
    assert all(text.isprintable() for text in said)


def test_damaged_heads_never_give_another_release() -> None:
    release = "10.0.1.6"
    for content in mutations([plan(release)], 400):
        try:
            inspected = inspect_bytes(content, "model.plan")
        except NoEngine:
            continue
        whole = [engine for engine in inspected.engines if not engine.damage]
        assert all(str(engine.plan.tensorrt) == release for engine in whole)


@pytest.mark.fuzz
def test_five_thousand_damaged_files() -> None:
    said = {told(content) for content in mutations(seeds(), 5000)}
    assert len(said) > 100
    assert all(text.isprintable() for text in said)


@pytest.mark.parametrize("size", [0, 3, 8, 31, 32, 60, 300, 40_000, 79_331])
def test_truncated_plan(size: int) -> None:
    if not size:
        assert told(b"") == "model.engine is empty."
        return
    if size < 4:
        assert "holds no TensorRT engine" in told(plan("10.0.1.6")[:size])
        return
    found = diagnoses(plan("10.0.1.6")[:size])
    assert [each.cause for each in found] == ["trt-plan-corrupt"]
    assert "cut short" in found[0].sentence


def test_plan_with_something_behind_it() -> None:
    assert "Something stands behind it" in diagnoses(plan("10.0.1.6") + b"\0")[0].sentence


@pytest.mark.parametrize("made", [torchscript, crossed])
def test_truncated_zip_keeps_its_facts(made: Callable[..., bytes]) -> None:
    content = made(record(plan("10.0.1.6")))
    inspected = inspect_bytes(content[: len(content) - 200], "model.ts")
    assert str(inspected.engines[0].plan.tensorrt) == "10.0.1.6"
    assert "cut short or damaged" in inspected.diagnoses[0].sentence
    assert "cut short" in inspect_bytes(content[:40_000], "model.ts").diagnoses[-1].sentence


def test_head_and_body_of_two_releases() -> None:
    content = bytearray(plan("10.0.1.6"))
    content[24] = 8
    assert "its head says TensorRT 8.0.1.6, and its body 10.0.1.6" in diagnoses(bytes(content))[0].sentence


def test_record_without_all_its_fields() -> None:
    short = torchscript(record(plan("10.0.1.6"))[:-2])
    assert "one of ABI 9 has 12 fields, and it has 10" in diagnoses(short)[0].sentence


def test_engine_in_base64_that_is_none() -> None:
    texts = record(plan("10.0.1.6"))
    texts[3] = texts[3][:200] + "\n!" + texts[3][202:]
    assert "base64 is damaged" in diagnoses(torchscript(texts))[0].sentence


def test_module_that_names_an_engine_and_has_none() -> None:
    content = zipped({"m/data.pkl": b"\x80\x02c__torch__.torch.classes.tensorrt\nEngine\nq\x00.", "m/code/x.py": b""})
    assert "speaks of a TensorRT engine" in diagnoses(content)[0].sentence


class _Harmful:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


def test_no_pickle_is_carried_out(tmp_path: Path) -> None:
    mark = tmp_path / "carried out"
    harmful = _Harmful(mark)
    texts = record(plan("10.0.1.6"))
    texts[7] = base64.b64encode(pickle.dumps({"version_compatible": True, "x": harmful})).decode()
    members = {"m/data.pkl": pickle.dumps([harmful, texts], 2), "m/constants.pkl": pickle.dumps(harmful)}
    inspected = inspect_bytes(zipped({**members, "m/code/x.py": b""}), "model.ts")
    assert inspected.engines[0].version_compatible is True
    assert not mark.exists()
    pickle.loads(members["m/constants.pkl"])  # noqa: S301 - it does what it was made for
    assert mark.exists()


def _with_member(change: Callable[[bytearray, int], None]) -> Inspected:
    """A module whose table of contents was changed."""
    content = bytearray(torchscript(record(plan("10.0.1.6"))))
    change(content, content.find(b"PK\x01\x02"))
    return inspect_bytes(bytes(content), "model.ts")


def test_member_that_is_not_where_the_table_says() -> None:
    inspected = _with_member(lambda content, at: struct.pack_into("<I", content, at + 42, 7))
    assert "is not where the table of contents says" in inspected.notes[0]
    assert str(inspected.engines[0].plan.tensorrt) == "10.0.1.6"


def test_members_upon_each_other() -> None:
    inspected = _with_member(lambda content, at: struct.pack_into("<II", content, at + 20, 1 << 31, 1 << 31))
    assert "lie upon each other" in inspected.diagnoses[0].sentence
    assert inspected.engines


def test_wrong_checksum_is_not_minded() -> None:
    inspected = _with_member(lambda content, at: struct.pack_into("<I", content, at + 16, 1))
    assert inspected.diagnoses == ()


def test_packed_member_that_unpacks_to_much() -> None:
    bomb = zipped({"m/data.pkl": bytes(1 << 24)}, zipfile.ZIP_DEFLATED)
    content = bytearray(bomb)
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 0x7FFFFFFF)
    with pytest.raises(NoEngine):
        inspect_bytes(bytes(content), "model.ts")


def test_names_give_a_terminal_no_orders() -> None:
    texts = record(plan("10.0.1.6"), gpu="0%8%6%0%\x1b[2J")
    texts[1] = "\x1b]0;x\x07"
    engine = inspect_bytes(torchscript(texts), "model.ts").engines[0]
    assert engine.module is not None
    assert engine.module.name.isprintable()
    assert engine.module.gpu_name.isprintable()


@pytest.mark.parametrize(
    "content",
    [b"\x80\x02" + b"N" * 1_100_000, b"\x80\x02X\xff\xff\xff\x7f", b"\x80\x02" + b"(" * 5000, b"I" * 100_000, b"\xff"],
)
def test_pickles_that_are_none(content: bytes) -> None:
    strange = zipped({"m/data.pkl": content + b"ZnRydAAAAAA", "m/code/x.py": b""})
    assert diagnoses(strange)


def test_a_member_packed_by_lzma_and_damaged_is_said() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("m/data.pkl", b"\x80\x02K\x01." * 400)
        archive.writestr("m/version", "3")
    data = bytearray(packed.getvalue())
    begin = data.find(b"data.pkl") + len("data.pkl") + 9  # behind the options of the packing
    data[begin : begin + 6] = bytes(each ^ 0xFF for each in data[begin : begin + 6])
    assert "it is damaged in the zip" in told(bytes(data))
