"""The configuration checks itself, survives JSON and knows what 8 bits can use of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig

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
    {"reference": "truth", "goal": "target", "target": "sit"},
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
    {"region_mask": "painted"},
    {"region_mask": ["4x4:44"]},
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


@pytest.mark.parametrize(
    ("norm", "epsilon", "usable"),
    [("linf", 1.9 / 255, 1 / 255), ("linf", 2 / 255, 2 / 255), ("linf", 0.4 / 255, 0), ("l2", 0.7, 0.7)],
)
def test_an_8_bit_picture_uses_whole_grey_levels_of_the_ball(
    norm: str, epsilon: float, usable: float
) -> None:
    assert AttackConfig(norm=norm, epsilon=epsilon).saved_epsilon == pytest.approx(usable)  # type: ignore[arg-type]
