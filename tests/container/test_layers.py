"""Layers of images as an engine tells them, and what images share."""

from __future__ import annotations

from envgen.container.layers import Layer, Sharing, layers_of, sharing

HISTORY = [
    {"CreatedBy": "CMD [\"python\"]", "Size": 0},
    {"CreatedBy": "WORKDIR /tmp", "Size": 0},
    {"CreatedBy": "COPY /opt/venv /opt/venv # buildkit", "Size": 900},
    {"CreatedBy": "ENV PATH=/opt/venv/bin", "Size": 0},
    {"CreatedBy": "debootstrap", "Size": 100},
]  # fmt: skip


def test_steps_without_a_layer_are_passed_over() -> None:
    layers = layers_of(["sha256:a", "sha256:b", "sha256:c"], HISTORY, 1000)
    assert [layer.bytes for layer in layers] == [100, 900, 0]
    assert layers[0].id == "sha256:a"
    assert len({layer.id for layer in layers}) == 3


def test_a_history_that_does_not_match_still_gives_the_size() -> None:
    assert sum(layer.bytes for layer in layers_of(["sha256:a", "sha256:b"], HISTORY, 1000)) == 1000


def test_the_same_content_on_another_base_is_another_layer() -> None:
    one, other = layers_of(["sha256:a", "sha256:c"], [], 5), layers_of(["sha256:b", "sha256:c"], [], 5)
    assert one[1].id != other[1].id


def test_what_is_stored_once() -> None:
    base, torch, own, others = Layer("b", 100), Layer("t", 900), Layer("x", 1), Layer("y", 2)
    found = sharing([(base, torch, own), (base, torch, others)])
    assert found == Sharing(apart=2003, together=1003)
    assert found.shared == 1000
