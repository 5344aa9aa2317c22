"""Engine files as TensorRT and torch-tensorrt write them: real heads, and of the rest only what is looked at."""

from __future__ import annotations

import base64
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Sequence

# The first bytes of three plans: their heads and the device facts behind them.
HEADS = {
    "8.6.1.6": """
ZnRydAAAAAABAAAAAAAAAGy6BAAAAAAACAYBBgAAAABOR05FAAAAADgAAAAAAAAALLoEAAAAAABwdHJ0AAAAAOwAAAAAAAAAFLoEAAAAAAACgAEA
CAKAAQAGAoABAAECgAEABuWAAQAHgAEAAQAAABKAAQAQgAEAB4ABAAgAAAAHgAEAAAAAAAeAAQDQgxUAB4ABABiKEgAHgAEAABQAAAiAAQAAAIAC
AAAAAAiAAQAAAOABAAAAAAeAAQAAwAAAB4ABAACQAgAHgAEAAAIAAAeAAQBsAAAACoABAAAHgAEAAAQAAAeAAQD///9/B4ABAP//AAAHgAEA//8A
AAmAAQAAACDbCQAAAAeAAQAAAAAQ73/tf7CAAQAJgAEACAE=""",
    "10.0.1.6": """
ZnRydAAAAAABAAAAAAAAAOQ1AQAAAAAACgABBnJ0cnROR05FAAAAADgAAAAAAAAAozUBAAAAAABwdHJ0AAAAAO0AAAAAAAAAizUBAAAAAAACgAEA
CgKAAQAAAoABAAECgAEABtKAAQAHgAEAAQAAABKAAQAQgAEAB4ABAAgAAAAHgAEABgAAAAeAAQDgjBoAB4ABADikbgAHgAEAgAEAAAiAAQAAAGAA
AAAAAAiAAQAAAEgAAAAAAAeAAQAAwAAAB4ABAACQAQAHgAEAAAIAAAeAAQBUAAAACoABAAAHgAEAAAQAAAeAAQD///9/B4ABAP//AAAHgAEA//8A
AAeAAQAABAAACYABAAAAUhYLAAAAB4ABAAAAABDvf+1/CoAB""",
    "11.0.0.114": """
ZnRydAAAAAACAAAAAAAAAOTYBQAAAAAACwAAcnJ0cnROR05FAAAAAFAAAAAAAAAACb4CAAAAAABUSEdXAAAAAGC+AgAAAAAAgBoDAAAAAABwdHJ0
8wAAAPW9AgAAAAAAAAAAAAKAAQALAoABAAACgAEAAAKAAQBy0oABAAeAAQABAAAAEoABABCAAQAJgAEAAADW2AcAAAAIgAEAAAAABgAAAAAIgAEA
AADAAwAAAAAHgAEAWLokAAeAAQBoo9UAB4ABAAACAAAHgAEAAMAAAAeAAQAAkAEAB4ABAKoAAAAHgAEAAAAAAAeAAQAABAAAB4ABAAAEAAAHgAEA
DAAAAAeAAQAAAAAAB4ABAAACAADvf+1/CoABAAAKgAEAAAmA""",
}
SETTINGS = {"version_compatible": True, "hardware_compatible": True}


def plan(release: str, kernels: Sequence[int] = (), *, host_code: bool = False) -> bytes:
    """A plan of the size that its head says.

    Args:
        kernels: GPUs, as 80 and 120, that it is to hold machine code for.
        host_code: whether it holds a library for the processor.
    """
    head = base64.b64decode("".join(HEADS[release].split()))
    elves = [elf(190, number << 8, 8) for number in kernels] + [elf(62, 0, 0)] * host_code
    begin = head.ljust(4096, b"\0") + b"".join(each.ljust(1024, b"\0") for each in elves)
    return begin.ljust(struct.unpack_from("<Q", head, 16)[0], b"\0")


def elf(machine: int, flags: int, abi: int) -> bytes:
    """The head of an ELF library."""
    return struct.pack("<4s3BBB7xHHI24xI", b"\x7fELF", 2, 1, 1, 0, abi, 3, machine, 1, flags)


def record(engine: bytes, abi: int = 9, gpu: str = "0%12%0%0%NVIDIA GeForce RTX 5090", platform: str = "linux_x86_64",
           hardware: str = "1", settings: dict[str, bool] | None = None) -> list[str]:  # fmt: skip
    """The texts that torch-tensorrt keeps of an engine, as many as an ABI has."""
    kept = base64.b64encode(pickle.dumps({"settings": SETTINGS if settings is None else settings})).decode()
    texts = [str(abi), "_run_on_acc_0_engine", gpu, base64.b64encode(engine).decode(), "x", "output0", hardware]
    texts += [kept, platform, "0", "0", "0", "0"]
    return texts[: {4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12, 10: 13}.get(abi, 13)]


def torchscript(*records: Sequence[str], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A module of torch.jit.save; texts that are the same stand in it once, as they do there."""
    same: dict[str, str] = {}
    kept = [[same.setdefault(text, text) for text in each] for each in records]
    return zipped({
        "model/data.pkl": pickle.dumps({"training": False, "engines": kept}, protocol=2),
        "model/code/__torch__/torch/classes/tensorrt.py": b"",
        "model/version": b"3\n",
    }, compression)  # fmt: skip


def crossed(*records: Sequence[str]) -> bytes:
    """An exported program that was compiled for Windows on Linux."""
    nodes = [
        {
            "target": "torch.ops.tensorrt.no_op_placeholder_for_execute_engine.default",
            "inputs": [
                {"name": "inputs", "arg": {"as_tensors": [{"name": "x"}]}, "kind": 1},
                *(
                    {"name": f"field{number}", "arg": {"as_string": text}, "kind": 1}
                    for number, text in enumerate(each)
                ),
            ],
            "outputs": [{"as_tensors": [{"name": "y"}]}],
        }
        for each in records
    ]
    nodes.append({"target": "torch.ops.aten.relu.default", "inputs": [{"name": "a", "arg": {"as_string": "none"}}]})
    return zipped({"model/models/model.json": json.dumps({"graph": {"nodes": nodes}}).encode(), "model/version": b"0"})


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of these."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
