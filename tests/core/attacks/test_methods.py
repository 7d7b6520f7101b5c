"""Methods as declarations: their step, their number of steps, and the layer that they may attack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa_gui.core.attacks.methods import METHODS, attacked_layer, find_method, step_count, step_size
from kaa_gui.core.correlation import MASK_RULES
from kaa_gui.core.errors import AttackError, ConfigError
from kaa_gui.core.types import AttackConfig, Layer
from kaa_gui.core.victims.blazepose import HEATMAP_SPEC, REGRESSION_SPEC

LAYERS = (Layer(0, "encoder", (8, 4, 4)), Layer(1, "end", (3, 16, 16), "heatmap"))


@given(st.sampled_from(sorted(METHODS)), st.floats(1e-4, 1), st.integers(1, 1000))
def test_default_steps_can_cross_the_ball_but_never_leap_over_it(
    method: str, epsilon: float, iterations: int
) -> None:
    config = AttackConfig(method=method, epsilon=epsilon, iterations=iterations)
    step, count = step_size(config), step_count(config)
    assert 0 < step <= epsilon
    assert step * count >= epsilon * (1 - 1e-9)


def test_a_step_that_is_given_is_taken() -> None:
    assert step_size(AttackConfig(step_size=0.001)) == 0.001
    assert step_size(AttackConfig(method="fgsm", step_size=0.001, epsilon=0.01)) == 0.001


def test_fgsm_is_one_step_of_epsilon() -> None:
    config = AttackConfig(method="fgsm", iterations=50, epsilon=0.01)
    assert (step_count(config), step_size(config)) == (1, 0.01)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_methods_name_masks_that_exist(method) -> None:
    assert method.mask in MASK_RULES
    assert method.title
    assert method.formula


def test_kaa_attacks_the_layer_that_is_asked_for() -> None:
    for layer in (*LAYERS, None):
        config = AttackConfig(layer=layer.name if layer else None)
        assert attacked_layer(config, HEATMAP_SPEC, LAYERS) == (layer or LAYERS[-1])


def test_end_to_end_methods_need_an_unbroken_route_and_leave_no_choice() -> None:
    config = AttackConfig(method="i-fgsm")
    assert attacked_layer(config, REGRESSION_SPEC, LAYERS) == LAYERS[-1]
    with pytest.raises(AttackError, match="argmax in blazepose-heatmap has none; choose kaa"):
        attacked_layer(config, HEATMAP_SPEC, LAYERS)
    with pytest.raises(ConfigError, match="leave out layer"):
        attacked_layer(config.with_changes(layer="encoder"), REGRESSION_SPEC, LAYERS)


def test_bpda_ends_at_the_3d_pose() -> None:
    layer = attacked_layer(AttackConfig(method="bpda"), HEATMAP_SPEC, LAYERS)
    assert (layer.shape, layer.kind) == ((17, 3), "coordinates")
    with pytest.raises(AttackError, match="choose i-fgsm"):
        attacked_layer(AttackConfig(method="bpda"), REGRESSION_SPEC, LAYERS)


def test_unknown_methods_are_refused_with_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"kaa, kaa\+er, fgsm"):
        find_method("pgd")
