"""What uv says when it fails, in one sentence with what to do."""

from __future__ import annotations

import re

from envgen.errors import LockError
from envgen.lock.request import LockRequest

_LACKS_TORCH = re.compile(
    r"Because (?:there (?:is|are) no versions? of|only) torch\b|\btorch was not found|\btorch[=\S]* has no wheels"
)
_FOLDER = re.compile(r"/(?:cpu|cu\d+)/")  # of PyTorch's own index
_NO_SPACE = re.compile(r"No space left on device|not enough space on the disk|Disk quota exceeded")
_ADDRESS = re.compile(r"(?:Failed to fetch|for url)[: (]+`?(\S+?)[`)]*(?: |$)")


def unreachable(stderr: str) -> bool:
    """Whether nobody answered; another try would wait as long and end the same."""
    return "error sending request" in stderr


def lacks_torch(stderr: str) -> bool:
    """Whether the indexes that were asked do not have the build of torch, so that another one may."""
    said = _one_line(stderr)
    return bool(_LACKS_TORCH.search(said)) and "exclude-newer" not in said


def explain(request: LockRequest, stderr: str) -> LockError:
    """The error of one cell, from uv's own words."""
    said = _one_line(stderr)
    if re.search(r"python-build-standalone|/cpython-3|No interpreter found", said):
        return LockError(
            f"no Python {request.cell.python} is installed here, and it could not be fetched.",
            f"uv resolves for a free-threaded Python with such an interpreter only: install {request.cell.python}.",
        )
    if _NO_SPACE.search(said):
        return LockError(
            "there is no space left on the disk for uv's cache or its temporary files.",
            "Free some (`uv cache prune` takes out what nothing uses), or name another disk with UV_CACHE_DIR.",
        )
    if address := _ADDRESS.search(said):
        return LockError(
            f"{_host(address[1])} could not be reached ({_last_cause(said)}).",
            _unreachable_remedy(request, address[1]),
        )
    if refused := re.search(r"hint: An index (?:URL )?\((\S+)\) .*?(\d{3} [A-Z]\w+)", said):
        return LockError(
            f"{_host(refused[1])} refuses to answer ({refused[2]}).",
            "Check the address and its credentials, and what a proxy on the way lets through.",
        )
    if "No solution found" in said:
        return LockError(
            f"no set of packages fits: {_because(said)}",
            "Change the versions that disagree, or exclude the cell with a reason.",
        )
    return LockError(f"uv could not resolve it: {_first_error(said)}", "")


def _one_line(stderr: str) -> str:
    return " ".join(stderr.split()).partition(" For more information, try")[0]


def _unreachable_remedy(request: LockRequest, address: str) -> str:
    if not (request.torch_folder and _FOLDER.search(f"{address}/")):
        return f"Check the network and the proxy, or name a mirror of {_host(address)} in pip's or uv's configuration."
    return (
        f"It is PyTorch's own index, and no other that was asked has torch for {request.cell.cuda}: check the network,"
        " give a mirror as `indexes: {pytorch: ...}` in matrix.yaml, or a folder with that wheel as pip's find-links."
    )


def _host(address: str) -> str:
    match = re.match(r"\w+://([^/]+)", address)
    return match[1] if match else address


def _last_cause(said: str) -> str:
    causes = re.findall(r"cause: (.+?)(?= cause:| hint:|$)", said)
    return re.sub(r" for url \(\S+\)$", "", causes[-1]) if causes else "no answer"


def _because(said: str) -> str:
    because, *hints = said.split("cause:", 1)[-1].split("hint:")
    return " ".join(part.strip().rstrip(".") + "." for part in (because, *hints))


def _first_error(said: str) -> str:
    match = re.search(r"error: (.+?)(?: cause:|$)", said)
    return (match[1] if match else said or "it said nothing").rstrip(".") + "."
