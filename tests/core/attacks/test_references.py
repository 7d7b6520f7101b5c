"""What a loss compares with: which kinds fit, and that each reference is the activation it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kaa_gui.core.attacks.losses import LOSSES, Reference
from kaa_gui.core.attacks.references import (
    Target,
    reference_in_force,
    reference_kind,
    truth_reference,
    with_activation,
)
from kaa_gui.core.attacks.resolved import resolved
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig, AttackRequest, Picture
from kaa_gui.engine.engine import Engine, collect
from tests.core.networks import small_crop, small_layer, small_network
from tests.core.poses import made_up_pose

PICTURE = Target(made_up_pose(), small_crop(3), "0" * 64)
POSE = Target(made_up_pose(), None, "0" * 64)


def kind(
    reference: str | None, loss: str, layer: str = "heatmap", target: Target | None = None
) -> str | None:
    changes: dict[str, Any] = {} if target is None else {"goal": "target", "target": "sit"}
    config = AttackConfig(reference=reference, **changes)  # type: ignore[arg-type]
    return reference_kind(config, LOSSES[loss], small_layer(layer), target)  # type: ignore[arg-type]


def test_a_targeted_loss_on_activations_never_approaches_the_clean_one() -> None:
    assert kind(None, "mse") is None
    assert kind(None, "mse", target=PICTURE) == "picture"
    assert kind(None, "kl", target=POSE) == "gaussian"
    # elsewhere the target's own reference is the only one
    assert kind(None, "mse", "features", PICTURE) is None
    assert kind(None, "margin", target=PICTURE) is None


@pytest.mark.parametrize(
    ("reference", "loss", "layer", "target", "message"),
    [
        ("clean", "margin", "heatmap", None, "choose loss mse, cosine or kl"),
        ("picture", "bce", "heatmap", PICTURE, "choose loss mse, cosine or kl"),
        ("gaussian", "mse", "features", None, "needs a heatmap layer"),
        ("truth", "mse", "features", None, "reference truth needs a heatmap layer"),
        ("picture", "mse", "heatmap", POSE, "this target has none"),
    ],
)
def test_kinds_that_do_not_fit_are_refused_with_a_remedy(
    reference: str, loss: str, layer: str, target: Target | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        kind(reference, loss, layer, target)


def test_gaussians_have_the_range_of_the_clean_heatmaps() -> None:
    network, crop = small_network(), small_crop()
    activation = network(crop)
    points = torch.tensor([[[1.0, 1.0], [5.0, 3.0], [7.0, 7.0], [3.0, 5.0]]], dtype=torch.float64)
    clean = Reference.of_points(activation, points, torch.ones((1, 4), dtype=torch.float64), 2.0)
    drawn = with_activation(clean, "gaussian", target=None, network=network)
    assert drawn.gaussians is clean.gaussians
    assert (drawn.activation.amax(dim=(2, 3)) <= activation.amax(dim=(2, 3)) + 1e-12).all()
    assert (drawn.activation.amin(dim=(2, 3)) >= activation.amin(dim=(2, 3)) - 1e-12).all()
    # brightest where the pose is
    flat = drawn.activation.flatten(2).argmax(dim=2)
    assert clean.gaussians is not None
    assert torch.equal(flat, clean.gaussians.flatten(2).argmax(dim=2))
    # so that the gradient at the clean crop is not zero, and no random start is needed
    assert LOSSES["mse"].distance(activation, drawn) > 0


class Peaked:
    """Stands for a victim of four heatmaps."""

    def __init__(self, points: torch.Tensor) -> None:
        self.points = points

    def peaks(self, activation: torch.Tensor, layer: object) -> torch.Tensor:
        return self.points

    def stride(self, layer: object) -> float:
        return 2.0


@pytest.mark.parametrize("loss", ["mse", "margin"])
def test_the_truth_says_where_annotated_joints_are_and_nothing_of_others(loss: str) -> None:
    network, crop = small_network(), small_crop()
    activation = network(crop)
    found = torch.tensor([[[1.0, 1.0], [5.0, 3.0], [7.0, 7.0], [3.0, 5.0]]], dtype=torch.float64)
    annotated = np.array([[7, 1], [np.nan, np.nan], [1, 7], [np.nan, np.nan]], np.float32)
    victim: Any = Peaked(found)
    reference = truth_reference(victim, small_layer("heatmap"), activation, annotated)
    assert kind("truth", loss) == "truth"
    reference = with_activation(reference, "truth", target=None, network=network)
    assert reference.points is not None
    assert reference.points[0].tolist() == [[7, 1], [5, 3], [1, 7], [3, 5]]
    assert reference.weights is not None
    assert reference.weights[0].tolist() == [2, 0, 2, 0]
    assert reference.gaussians is not None
    drawn, unknown = [0, 2], [1, 3]
    assert torch.equal(reference.activation[:, unknown], activation[:, unknown])
    flat = reference.activation[:, drawn].flatten(2).argmax(dim=2)
    assert torch.equal(flat, reference.gaussians[:, drawn].flatten(2).argmax(dim=2))


def test_a_picture_is_known_by_its_activation() -> None:
    network, crop = small_network(), small_crop()
    clean = Reference(network(crop))
    assert PICTURE.crop is not None
    changed = with_activation(clean, "picture", target=PICTURE, network=network)
    assert torch.equal(changed.activation, network(PICTURE.crop))
    assert with_activation(clean, None, target=PICTURE, network=network) is clean
    assert with_activation(clean, "clean", target=None, network=network) is clean


WALK: dict[str, Any] = {"goal": "target", "target": "walk"}
DRAGGED: dict[str, Any] = {"goal": "target", "target": "drag:left_wrist=60,70"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"loss": "mse"}, "clean"),
        ({"loss": "margin"}, "gaussian"),
        ({"loss": "margin", **WALK}, "gaussian"),
        ({"loss": "mse", **WALK}, "picture"),
        ({"loss": "kl", **DRAGGED}, "gaussian"),
        ({"loss": "mse", "layer": 4, **WALK}, "picture"),
        # the target's own coordinates have no name: only leaving reference out asks for them
        ({"loss": "mse", "victim": "blazepose-regression", **WALK}, None),
    ],
    ids=str,
)
def test_a_run_is_repeated_by_the_reference_that_its_description_names(
    engine: Engine, walking: Picture, changes: dict[str, Any], named: str | None
) -> None:
    config = AttackConfig(method="kaa", iterations=1, views=0, **changes)
    run = collect(engine.attack(AttackRequest(walking, config)))
    described = resolved(run)["reference"]
    assert described == named
    assert described == reference_in_force(config, LOSSES[changes["loss"]], run.scene.layer)
    again = collect(engine.attack(AttackRequest(walking, config.with_changes(reference=described))))
    assert [values.loss for values in again.metrics] == [values.loss for values in run.metrics]
    assert (again.snapshots[-1].perturbation == run.snapshots[-1].perturbation).all()


def test_a_reference_whose_target_is_gone_is_left_out(tmp_path: Path) -> None:
    config = AttackConfig(loss="mse", goal="target", target=str(tmp_path / "gone.json"))
    assert reference_in_force(config, LOSSES["mse"], small_layer("heatmap")) is None
    # nor does anybody look for it where the loss reads the pose itself
    assert reference_in_force(config, LOSSES["margin"], small_layer("heatmap")) == "gaussian"
