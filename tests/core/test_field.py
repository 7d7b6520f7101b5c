"""Classes, strengths and thresholds of a correlation field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kaa_gui.core.types import CorrelationField, Layer


def test_layer_counts_its_outputs() -> None:
    layer = Layer(3, "heatmap", (39, 64, 64), "heatmap")
    assert layer.outputs == 159_744
    assert layer.as_json() == {"index": 3, "name": "heatmap", "shape": [39, 64, 64], "outputs": 159_744}


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
    assert found.class_shares(classes).sum() == pytest.approx(1)
    # what lies beside the picture counts nowhere
    inside = np.zeros(classes.shape, bool)
    inside[0, 0] = True
    shares = replace(found, inside=inside).class_shares(classes)
    assert shares[classes[0, 0]] == shares.sum() == 1


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
