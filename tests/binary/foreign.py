"""Libraries of Windows and macOS, made here by the compilers of those systems."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WindowsCompiler:
    """MinGW; it links to msvcrt.dll by itself, and to any other C runtime by an import library of that name."""

    gcc: Path
    dlltool: Path
    folder: Path

    def dll(self, name: str, imports: Mapping[str, Sequence[str]], *, bare: bool = True) -> Path:
        """A DLL that takes functions from DLLs.

        Args:
            imports: DLL to its functions.
            bare: without the compiler's own C runtime.
        """
        libraries = [self._import_library(dll, functions) for dll, functions in imports.items()]
        functions = [function for several in imports.values() for function in several]
        source = self.folder / f"{name}.c"
        declared = "".join(f"extern int {function}(void);\n" for function in functions)
        calls = "".join(f"    {function}();\n" for function in functions)
        entry = "int __stdcall start(void *a, int b, void *c) { return 1; }\n" if bare else ""
        source.write_text(f"{declared}{entry}__declspec(dllexport) void run(void) {{\n{calls}}}\n", encoding="utf-8")
        made = self.folder / name
        alone = ["-nostdlib", "-nostartfiles", "-fno-builtin", "-Wl,-e,start"] if bare else []
        subprocess.run([self.gcc, "-shared", "-O1", *alone, source, *libraries, "-o", made], check=True)
        return made

    def _import_library(self, dll: str, functions: Sequence[str]) -> Path:
        names = "\n".join(functions)
        definition, library = self.folder / f"{dll}.def", self.folder / f"lib{dll}.a"
        definition.write_text(f"LIBRARY {dll}\nEXPORTS\n{names}\n", encoding="utf-8")
        subprocess.run([self.dlltool, "-d", definition, "-l", library], check=True)
        return library


@dataclass(frozen=True)
class MacCompiler:
    """clang and lld, without any of Apple's own libraries."""

    clang: Path
    linker: Path
    folder: Path

    def dylib(
        self,
        name: str,
        *flags: str,
        arch: str = "arm64",
        minimum: str = "11.0",
        install_name: str = "",
        needs: Sequence[Path] = (),
    ) -> Path:
        """A dylib for one processor."""
        source, compiled = self.folder / f"{name}.c", self.folder / f"{name}.o"
        source.write_text(
            'extern int other(void);\nstatic const char text[] = "constant";\n'
            "const char *run(void) { return other() ? text : 0; }\n",
            encoding="utf-8",
        )
        target = f"{arch}-apple-macos{minimum}"
        subprocess.run([self.clang, "-target", target, "-O1", "-c", source, "-o", compiled], check=True)
        made = self.folder / name
        version = ["-platform_version", "macos", minimum, "15.0"]
        own = ["-install_name", install_name] if install_name else []
        command = [self.linker, "-dylib", "-arch", arch, *version, *own, "-undefined", "dynamic_lookup", *flags]
        subprocess.run([*command, compiled, *needs, "-o", made], check=True)
        return made
