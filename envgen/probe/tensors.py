"""Tensors in a file, without pickle and without numpy: the format of safetensors, which its own library reads too.

Standard library and the cell's own torch only, Python 3.8 and later.
"""

import ctypes
import json
import struct
from typing import Any, Dict

NAMES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16",
    "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip
LONGEST_HEADER = 1 << 20


def write(path: str, tensors: Dict[str, Any]) -> None:
    """Writes tensors by name; any device, strides and size."""
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        size = plain.numel() * plain.element_size()
        kind = NAMES[str(plain.dtype).split(".")[-1]]
        header[name] = {"dtype": kind, "shape": list(plain.shape), "data_offsets": [end, end + size]}
        parts.append(ctypes.string_at(plain.data_ptr(), size) if size else b"")
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for part in parts:
            out.write(part)


def read(path: str) -> Dict[str, Any]:
    """The tensors of a file, on the CPU.

    Raises:
        ValueError: it is none, cut short, or says of itself what cannot be.
    """
    with open(path, "rb") as stream:
        content = stream.read()
    size = struct.unpack("<Q", content[:8])[0] if len(content) >= 8 else LONGEST_HEADER + 1
    if size > min(LONGEST_HEADER, len(content) - 8):
        raise ValueError("it is no file of tensors")
    try:
        header, data = json.loads(content[8 : 8 + size].decode()), bytearray(content[8 + size :])
        return {name: _tensor(entry, data) for name, entry in header.items() if name != "__metadata__"}
    except (AttributeError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError("its header is not one of tensors (%s)" % type(error).__name__) from error


def _tensor(entry: Dict[str, Any], data: bytearray) -> Any:
    kind, shape, elements = entry["dtype"], entry["shape"], 1
    name = {kind: name for name, kind in NAMES.items()}[kind]
    begin, end = entry["data_offsets"]
    for length in shape:
        if type(length) is not int or length < 0:
            raise ValueError("it has a tensor whose shape is none")
        elements *= length
    if not 0 <= begin <= end <= len(data):
        raise ValueError("it is cut short")
    if end - begin != elements * (1 if kind == "BOOL" else int(kind.lstrip("BFIU")) // 8):
        raise ValueError("it has a tensor of another size than its shape says")
    part = data[begin:end]
    import torch

    dtype = getattr(torch, name)
    flat = torch.frombuffer(part, dtype=dtype) if part else torch.empty(0, dtype=dtype)
    return flat.reshape(shape)
