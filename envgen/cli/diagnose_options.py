"""The options of `envgen diagnose`, apart from what they start: that is imported when it is asked for."""

from __future__ import annotations

from typing import Annotated

import typer

AgainstOption = Annotated[
    str | None,
    typer.Option("--against", metavar="SPECIFIER", help="Try them against releases of torch: 'torch>=2.4'."),
]
PythonOption = Annotated[
    list[str] | None,
    typer.Option("--python", metavar="3.X", help="These Pythons only, with --against or NAME==VERSION."),
]
PlatformOption = Annotated[
    list[str] | None,
    typer.Option(
        "--platform", metavar="PLATFORM", help="Likewise; alone: whether they suit it. linux-x86_64, macos14-arm64..."
    ),
]
CudaOption = Annotated[
    str | None,
    typer.Option("--cuda", metavar="CUDA", help="With --against: torch's builds for cpu, 12 or cu126."),
]
DriverOption = Annotated[
    str | None, typer.Option("--driver", metavar="VERSION", help="With --against: the machine's NVIDIA driver.")
]
GpuOption = Annotated[
    str | None, typer.Option("--gpu", metavar="X.Y", help="With --against: the machine's GPU, such as 9.0.")
]
BuiltWithOption = Annotated[
    str | None,
    typer.Option("--built-with", metavar="VERSION", help="With --against: the torch they were compiled against."),
]
JsonlOption = Annotated[
    bool,
    typer.Option("--jsonl", help='Lines {"id", "platform", "error"} to lines {"id", "causes": [best, ...]}.'),
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also the names that they take, and each reason in full.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
