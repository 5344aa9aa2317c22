"""What is recorded can be written, whatever bytes a name or a message has."""

from __future__ import annotations

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from envgen.run.sayable import sayable, sayable_facts

ANY = st.text(st.characters(exclude_categories=()))


def test_bytes_of_a_name_that_are_no_text() -> None:
    assert sayable(os.fsdecode(b"a\xff.plan")) == "a\\udcff.plan"
    assert sayable_facts({"a": ["b\ud800", 1, None]}) == {"a": ["b\\ud800", 1, None]}


@given(st.recursive(ANY | st.integers() | st.none(), lambda each: st.lists(each) | st.dictionaries(ANY, each)))
def test_every_fact_can_be_written(fact: object) -> None:
    json.dumps(sayable_facts(fact), ensure_ascii=False).encode()  # type: ignore[arg-type]
