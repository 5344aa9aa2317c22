"""What a rung says, fit to be recorded: names of files, and words of foreign programs, need not be text."""

from __future__ import annotations

from pydantic import JsonValue


def sayable(text: str) -> str:
    """A text that JSON can hold: bytes of a file's name that are no text appear as their escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def sayable_facts(value: JsonValue) -> JsonValue:
    """The same of every text in a fact."""
    if isinstance(value, str):
        return sayable(value)
    if isinstance(value, list):
        return [sayable_facts(each) for each in value]
    if isinstance(value, dict):
        return {sayable(name): sayable_facts(each) for name, each in value.items()}
    return value
