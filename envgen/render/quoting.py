"""Quoting for the places of a Dockerfile where a value may land; a value that no quoting makes safe is refused."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from envgen.cell import GrammarError
from envgen.errors import EnvgenError
from envgen.image import ImageReference

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Words with single spaces between them; nothing that COPY or an ignore list would take for a pattern or a sign.
_WORDS = r"[\w.+@-]+(?: [\w.+@-]+)*"
_PATH = re.compile(rf"(?!-){_WORDS}(?:/{_WORDS})*")
_MOUNTED = re.compile(r"(?:/[\w.+@~!-]+)+")  # neither a comma, which parts options, nor a space, which ends them
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Quoted(str):
    """Text that a filter of this module made safe for the place where the template puts it."""

    __slots__ = ()


def plain(value: object) -> Quoted:
    """A value as it stands, for a comment.

    Raises:
        EnvgenError: it holds a newline, a control character or an invisible one.
    """
    text = str(value)
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise EnvgenError(
            f"{text!r} holds a newline, a control or an invisible character, which no Dockerfile carries safely.",
            "Remove the character from matrix.yaml.",
        )
    return Quoted(text)


def sh(value: object) -> Quoted:
    """One word of a shell line."""
    return Quoted(shlex.quote(plain(value)))


def sh_words(values: Iterable[object]) -> Quoted:
    """A command of a shell line."""
    return Quoted(" ".join(sh(value) for value in values))


def dockerfile(value: object) -> Quoted:
    """The value of ENV, ARG or LABEL: in double quotes, where Docker expands `$` and reads `\\` as the escape."""
    return Quoted('"' + re.sub(r'([\\"$])', r"\\\1", plain(value)) + '"')


def dockerfile_windows(value: object) -> Quoted:
    """As `dockerfile`, where a backtick is the escape and a backslash is none."""
    return Quoted('"' + re.sub(r'([`"$])', r"`\1", plain(value)) + '"')


def powershell(value: object) -> Quoted:
    """One word of a PowerShell line, which takes typographic quotes for quotes too."""
    return Quoted("'" + re.sub("(['\u2018-\u201b])", r"\1\1", plain(value)) + "'")


def powershell_words(values: Iterable[object]) -> Quoted:
    """A list of words of a PowerShell line."""
    return Quoted(", ".join(powershell(value) for value in values))


def exec_form(values: Iterable[object]) -> Quoted:
    """A command in the JSON form of CMD, which no shell reads."""
    return Quoted(json.dumps([plain(value) for value in values], ensure_ascii=False))


def yaml(value: object) -> Quoted:
    """A YAML scalar, or a list of them in flow style: JSON is both."""
    if isinstance(value, str):
        return Quoted(json.dumps(plain(value), ensure_ascii=False))
    assert isinstance(value, Iterable)
    return Quoted("[" + ", ".join(yaml(str(item)) for item in value) + "]")


def image(value: object) -> Quoted:
    """An image reference: `ubuntu:24.04`, `host:5000/team/base:1@sha256:...`."""
    try:
        return plain(ImageReference.parse(str(value)))
    except GrammarError as error:
        raise EnvgenError(f"{error}.", "Correct it in matrix.yaml.") from None


def variable(value: object) -> Quoted:
    """The name of an environment variable."""
    return _matching(_VARIABLE, value, "the name of an environment variable")


def path(value: object) -> Quoted:
    """A relative path below the build context, in characters that COPY does not interpret."""
    text = _matching(_PATH, value, "a path that COPY takes (letters, digits, spaces, and any of . _ + @ - /)")
    if ".." in PurePosixPath(text).parts:
        raise EnvgenError(
            f"The path {str(value)!r} leaves the build context.", "Keep the files below matrix.yaml's folder."
        )
    return text


def mounted(value: object) -> Quoted:
    """An absolute path as a source or a target of `--mount`."""
    if not _MOUNTED.fullmatch(str(value)) or ".." in PurePosixPath(str(value)).parts:
        raise EnvgenError(
            f"A Dockerfile cannot mount the lock's local file {str(value)!r}.",
            "Put it into a folder whose name has only letters, digits, and any of . _ + @ ~ ! -, and lock again.",
        )
    return plain(value)


def _matching(pattern: re.Pattern[str], value: object, what: str) -> Quoted:
    if not pattern.fullmatch(str(value)):
        raise EnvgenError(f"{str(value)!r} is not {what}.", "Correct it in matrix.yaml.")
    return plain(value)


FILTERS: Mapping[str, Callable[..., Quoted]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            *(plain, sh, sh_words, dockerfile, exec_form),
            *(dockerfile_windows, powershell, powershell_words),
            *(yaml, image, variable, path, mounted),
        )
    }
)
