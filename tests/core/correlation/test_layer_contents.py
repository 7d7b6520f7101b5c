from __future__ import annotations

import numpy as np
import pytest

from kaa_gui.core.correlation.layer_contents import activations_of, row_of
from kaa_gui.core.errors import ConfigError


def test_activations_of_a_clean_and_an_attacked_crop(engine, finished):
    victim, scene, last = engine.victim(finished.scene.spec.name), finished.scene, finished.snapshots[-1]
    clean, attacked = activations_of(victim, scene.layer, scene.crop, last.perturbation)
    assert clean.shape == attacked.shape == scene.layer.shape
    # the joints are where the heatmaps peak
    for heatmaps, pose in ((clean, scene.clean), (attacked, last.attacked)):
        peaks = heatmaps[:33].reshape(33, -1).argmax(axis=1)
        places = np.stack([peaks % 64, peaks // 64], axis=1) * 4
        assert np.median(np.abs(places - pose.keypoints)) <= 4
    same, again = activations_of(victim, scene.layer, scene.crop, np.zeros_like(last.perturbation))
    assert np.allclose(same, again, atol=1e-3)


def test_row_tells_how_the_output_moves(engine, finished):
    victim, scene = engine.victim(finished.scene.spec.name), finished.scene
    output = int(
        activations_of(victim, scene.layer, scene.crop, finished.snapshots[0].perturbation)[0][0].argmax()
    )
    row = row_of(victim, scene.layer, scene.crop, output)
    assert row.shape == scene.crop.shape
    # along its own row a small step moves the output as the row says
    step = (0.5 * row / np.abs(row).max()).astype(np.float32)
    clean, moved = activations_of(victim, scene.layer, scene.crop, step)
    assert moved.flat[output] - clean.flat[output] == pytest.approx((row * step).sum() / 255, rel=0.2)


def test_row_of_no_output_is_refused(engine, finished):
    victim, scene = engine.victim(finished.scene.spec.name), finished.scene
    with pytest.raises(ConfigError, match="output must be from 0 to 159743"):
        row_of(victim, scene.layer, scene.crop, scene.layer.outputs)
