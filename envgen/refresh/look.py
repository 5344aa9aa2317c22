"""Looks into a file on an index, and what a look costs when it cannot be had whole."""

from __future__ import annotations

from envgen.index import IndexFault, Reader, RemoteWheel
from envgen.refresh import inside
from envgen.refresh.inside import Found
from envgen.refresh.packages import Inside
from envgen.refresh.survey import Look

_STUB_LIMIT = 5_000_000  # bytes; the largest so far has 41 thousand


def look_into(reader: Reader, look: Look) -> Found:
    """What is inside a file.

    Raises:
        IndexFault: it cannot be read; nothing of it is taken then.
    """
    if look.inside is Inside.STUB:
        return _stub(reader, look)
    with reader.wheel(look.file) as wheel:
        try:
            return _wheel(wheel, look)
        except (ValueError, KeyError, IndexError) as error:  # a member that is not what its name says
            raise IndexFault(f"{look.file.name} is not as wheels of {look.inside} are ({error}).") from None


def _wheel(wheel: RemoteWheel, look: Look) -> Found:
    if look.platform is None:
        return inside.metadata(wheel)
    if look.inside is Inside.TORCH:
        asked = inside.torch_metadata(wheel, look.platform, look.pythons)
    else:
        asked = inside.torch_tensorrt_metadata(wheel, look.platform, look.pythons)
    try:  # METADATA may stand beside a wheel that is served only whole
        own = (inside.torch if look.inside is Inside.TORCH else inside.torch_tensorrt)(wheel, look.platform)
        own.wheels["mb"] = round(wheel.total / 1e6, 1)
    except IndexFault as fault:
        own = Found(fault=fault.what)
    return Found(asked.release | own.release, asked.wheels | own.wheels, own.fault)


def _stub(reader: Reader, look: Look) -> Found:
    try:
        return inside.stub(reader.content(look.file, _STUB_LIMIT))
    except ValueError as error:
        raise IndexFault(f"{look.file.name}: {error}.") from None
