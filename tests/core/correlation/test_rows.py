"""Which rows of J are read: every rule, on every kind of layer."""

from __future__ import annotations

import pytest
import torch

from kaa_gui.core.correlation import ROWS, resolve_rows, select_rows
from kaa_gui.core.correlation.rows import SAMPLE_SIZE
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Layer

HEATMAP = Layer(3, "heatmap", (5, 16, 12), "heatmap")
FEATURES = Layer(1, "features", (8, 16, 16))
COORDINATES = Layer(4, "world", (117,), "coordinates")
# columns and rows; the third and fourth lie at the edge
PEAKS = torch.tensor([[3, 4], [6, 2], [0, 0], [11, 15], [5, 5]])


def outputs(rule: str, layer: Layer = HEATMAP, *, seed: int = 0) -> list[int]:
    peaks = PEAKS if layer.kind == "heatmap" else None
    found = select_rows(rule, layer, peaks, seed=seed)
    assert found.dtype == torch.int64
    assert len(found.unique()) == len(found)
    assert found.min() >= 0
    assert found.max() < layer.outputs
    return found.tolist()


def test_all_reads_every_output() -> None:
    assert outputs("all", FEATURES) == list(range(FEATURES.outputs))


def test_peaks_read_one_output_a_joint() -> None:
    expected = [
        channel * 16 * 12 + int(row) * 12 + int(column) for channel, (column, row) in enumerate(PEAKS)
    ]
    assert sorted(outputs("peaks")) == sorted(expected)


def test_peaks_with_a_window_stay_on_the_heatmap() -> None:
    found = set(outputs("peaks:3"))
    assert set(outputs("peaks")) < found
    # three joints inside have 9 cells, the two in a corner 4
    assert len(found) == 3 * 9 + 2 * 4


def test_joint_reads_five_by_five_cells_of_its_channel() -> None:
    found = outputs("joint:0")
    assert len(found) == 25
    assert {number // (16 * 12) for number in found} == {0}
    assert 4 * 12 + 3 in found


def test_channel_and_output_read_what_they_say() -> None:
    assert outputs("channel:2") == list(range(2 * 192, 3 * 192))
    assert outputs("channel:7", COORDINATES) == [7]
    assert outputs("output:41") == [41]


def test_sample_is_seeded_and_sized() -> None:
    assert len(outputs("sample", FEATURES)) == SAMPLE_SIZE
    assert len(outputs("sample:7", FEATURES)) == 7
    assert outputs("sample", FEATURES, seed=3) == outputs("sample", FEATURES, seed=3)
    assert outputs("sample", FEATURES, seed=3) != outputs("sample", FEATURES, seed=4)
    assert len(outputs("sample:117", COORDINATES)) == COORDINATES.outputs
    assert len(outputs("sample", HEATMAP)) == SAMPLE_SIZE


@pytest.mark.parametrize(("layer", "rule"), [(HEATMAP, "peaks"), (FEATURES, "sample"), (COORDINATES, "all")])
def test_auto_suits_the_layer(layer: Layer, rule: str) -> None:
    assert resolve_rows("auto", layer) == rule
    assert outputs("auto", layer) == outputs(rule, layer)
    assert resolve_rows("channel:3", layer) == "channel:3"


@pytest.mark.parametrize(
    ("rule", "layer"),
    [
        ("else", HEATMAP),
        ("", HEATMAP),
        ("peaks:x", HEATMAP),
        ("peaks:-3", HEATMAP),
        ("sample:1.5", HEATMAP),
        ("sample:0", FEATURES),
        ("sample:118", COORDINATES),
        ("peaks:17", HEATMAP),
        ("peaks:0", HEATMAP),
        ("channel", HEATMAP),
        ("channel:5", HEATMAP),
        ("output:960", HEATMAP),
        ("joint:5", HEATMAP),
        ("all:3", HEATMAP),
        ("auto:3", HEATMAP),
        ("peaks", FEATURES),
        ("joint:0", COORDINATES),
    ],
)
def test_wrong_rules_are_refused_in_one_line(rule: str, layer: Layer) -> None:
    with pytest.raises(ConfigError) as caught:
        select_rows(rule, layer, PEAKS if layer.kind == "heatmap" else None, seed=0)
    assert "rows" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_rule_is_described() -> None:
    assert all(ROWS.values())
