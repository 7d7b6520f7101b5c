"""The configuration checks itself; fields, classes and numbers of a run say what they mean."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig, CorrelationField, Layer, Metrics, read_only

WRONG: list[dict[str, Any]] = [
    {"norm": "l1"},
    {"goal": "else"},
    {"epsilon": 0},
    {"epsilon": float("nan")},
    {"epsilon": float("inf")},
    {"epsilon": 8},
    {"reference": "else"},
    {"reference": "clean", "goal": "target", "target": "sit"},
    {"reference": "picture"},
    {"step_size": 0},
    {"step_size": float("inf")},
    {"iterations": 0},
    {"iterations": 10**6},
    {"alpha": 0.1, "keep": 0.5},
    {"alpha": -1},
    {"alpha": float("nan")},
    {"alpha": "auto"},
    {"keep": 0},
    {"keep": 1.01},
    {"keep": float("nan")},
    {"views": -1},
    {"views": 65},
    {"seed": -1},
    {"seed": 2**63},
    {"target": "walk"},
    {"goal": "target"},
    {"momentum": 1.1},
    {"restarts": 0},
    {"region": (0, 0, 0, 5)},
    {"per": "pixels"},
    {"success_mm": 0},
]


@pytest.mark.parametrize("values", WRONG, ids=str)
def test_config_refuses_values_out_of_range(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        AttackConfig(**values)
    assert "\n" not in str(caught.value)
    assert any(name in str(caught.value) for name in values)


def test_config_names_the_remedy_for_grey_levels() -> None:
    with pytest.raises(ConfigError, match="8/255"):
        AttackConfig(epsilon=8)
    assert AttackConfig(epsilon=8, norm="l2").epsilon == 8


def test_config_is_checked_again_when_it_changes() -> None:
    with pytest.raises(ConfigError, match="epsilon"):
        AttackConfig().with_changes(epsilon=-1)


@given(
    st.builds(
        AttackConfig,
        layer=st.none() | st.integers(0, 9) | st.just("heatmap"),
        norm=st.sampled_from(["linf", "l2"]),
        epsilon=st.floats(1e-6, 1),
        keep=st.none() | st.floats(0.01, 1),
        region=st.none() | st.tuples(*[st.floats(1, 99)] * 4),
        seed=st.integers(0, 2**63 - 1),
    )
)
def test_config_survives_json(config: AttackConfig) -> None:
    again = AttackConfig.from_json(json.loads(json.dumps(config.as_json())))
    assert again == config
    assert hash(again) == hash(config)


def test_config_from_json_refuses_unknown_fields() -> None:
    with pytest.raises(ConfigError, match="epsilons"):
        AttackConfig.from_json({"epsilons": 1})


def test_metrics_print_no_nan() -> None:
    values = Metrics(1, float("nan"), 2.0, float("inf"), 3.0, 4.0).as_json()
    assert (values["loss"], values["pose_error_mm"], values["displacement_px"]) == (None, None, 2.0)
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_layer_counts_its_outputs() -> None:
    layer = Layer(3, "heatmap", (39, 64, 64), "heatmap")
    assert layer.outputs == 159_744
    assert layer.as_json() == {"index": 3, "name": "heatmap", "shape": [39, 64, 64], "outputs": 159_744}


def test_read_only_locks_the_array_itself() -> None:
    array = np.zeros(3)
    assert read_only(array) is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


images = arrays(np.float32, (6, 5, 3), elements=st.floats(-4, 4, width=32))


def field(maximum: np.ndarray, minimum: np.ndarray, *, done: int = 4) -> CorrelationField:
    layer = Layer(0, "layer", (4,))
    return CorrelationField(np.maximum(maximum, minimum), np.minimum(maximum, minimum), done, 4, "all", layer)


@given(images, images, st.floats(0, 4))
def test_field_classes_are_the_slides_three_correlations(
    first: np.ndarray, second: np.ndarray, alpha: float
) -> None:
    found = field(first, second)
    classes = found.classes(alpha)
    positive, negative = found.maximum > alpha, found.minimum < -alpha
    # step 3: C = 1 where the row of signs holds both +1 and -1
    np.testing.assert_array_equal(classes == 3, (positive & negative).any(axis=2))
    np.testing.assert_array_equal(classes == 0, ~(positive | negative).any(axis=2))
    assert (positive.any(axis=2) | (classes != 1)).all()
    assert (negative.any(axis=2) | (classes != 2)).all()
    assert found.fraction_kept(alpha) == pytest.approx((positive & negative).mean())


@given(images, images, st.floats(0.01, 1))
def test_alpha_keeping_is_the_smallest_that_keeps_at_most_that_much(
    first: np.ndarray, second: np.ndarray, fraction: float
) -> None:
    found = field(first, second)
    alpha = found.alpha_keeping(fraction)
    assert found.fraction_kept(alpha) <= fraction + 1e-9
    below = float(np.nextafter(np.float32(alpha), np.float32(0)))
    assert alpha == 0 or found.fraction_kept(below) > fraction - 1 / first.size


def test_field_knows_when_it_is_complete() -> None:
    zeros = np.zeros((2, 2, 3), np.float32)
    assert not field(zeros, zeros, done=3).complete
    assert field(zeros, zeros, done=4).complete


@pytest.mark.parametrize(
    ("norm", "epsilon", "usable"),
    [("linf", 1.9 / 255, 1 / 255), ("linf", 2 / 255, 2 / 255), ("linf", 0.4 / 255, 0), ("l2", 0.7, 0.7)],
)
def test_an_8_bit_picture_uses_whole_grey_levels_of_the_ball(
    norm: str, epsilon: float, usable: float
) -> None:
    assert AttackConfig(norm=norm, epsilon=epsilon).saved_epsilon == pytest.approx(usable)  # type: ignore[arg-type]
