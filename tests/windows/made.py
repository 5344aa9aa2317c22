"""A program for Windows as a Linux cell leaves it: its files and manifest; the engine in it has a real plan's head."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

from engine.made import plan, record

from envgen.engine.windows import MANIFEST, PROGRAM, FileRecord, Manifest, manifest_text

NODE = "torch.ops.tensorrt.no_op_placeholder_for_execute_engine.default"
CASE = "case-example.safetensors"


def program(release: str = "11.0.0.114", abi: int = 10, gpu: str = "0%12%0%0%NVIDIA GeForce RTX 5090",
            platform: str = "windows_x86_64", *, version_compatible: bool = True) -> bytes:  # fmt: skip
    """An exported program whose one engine is a text in a node, as torch-tensorrt's exporter writes it."""
    texts = record(plan(release), abi, gpu, platform, "1", {"version_compatible": version_compatible})
    inputs = [{"name": "", "arg": {"as_string": text}, "kind": 1} for text in texts]
    model = {"graph_module": {"graph": {"nodes": [{"target": NODE, "inputs": inputs}]}}}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("program/models/model.json", json.dumps(model))
    return out.getvalue()


def folder(at: Path, content: bytes | None = None, **changed: object) -> Path:
    """A program with its manifest; keywords change the manifest."""
    at.mkdir(parents=True)
    (at / PROGRAM).write_bytes(program() if content is None else content)
    (at / CASE).write_bytes(base64.b64decode("AAAA"))
    values: dict[str, object] = {
        "envgen": "0.1.0",
        "cell": "py312-torch2.14-cu130-trt11.1-ubuntu24.04-x86_64",
        "shapes": "static",
        "runs_on": "windows_x86_64",
        "model": "mine.models:make",
        "imports": ("mine",),
        "versions": {"torch": "2.14.0+cu130", "torch-tensorrt": "2.14.0", "tensorrt": "11.0.0.114"},
        "abi": 10,
        "gpu": "12.0",
        "settings": {"min_block_size": 1, "version_compatible": True},
        "tolerance": 1e-3,
        "saved_by": "legacy exporter and torch.export.save",
        "cases": (CASE,),
        "files": {name: FileRecord.of(at / name) for name in (PROGRAM, CASE)},
    }
    (at / MANIFEST).write_text(manifest_text(Manifest.model_validate({**values, **changed})), encoding="utf-8")
    return at
