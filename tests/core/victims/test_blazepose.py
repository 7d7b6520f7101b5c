"""BlazePose as a victim: its layers in order, nothing computed after k, its poses against the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from kaa_gui.core.errors import AttackError, ConfigError, ModelFileError
from kaa_gui.core.importers import find_bundle
from kaa_gui.core.pictures.samples import list_samples, load_ground_truth
from kaa_gui.core.pictures.sampling import apply_affine
from kaa_gui.core.types import AttackConfig, AttackRequest, Layer, Picture
from kaa_gui.core.victims import VICTIMS, find_layer, load_victim
from kaa_gui.core.victims.blazepose import BUNDLE, HEATMAP_SPEC, HEATMAPS, BlazePose, load
from kaa_gui.engine.engine import Engine, Subject

every_victim = pytest.mark.parametrize("name", VICTIMS)


def subject_of(engine: Engine, picture: Picture, name: str) -> tuple[Subject, Tensor]:
    subject = engine.subject(AttackRequest(picture, AttackConfig(victim=name)))
    crop = torch.from_numpy(subject.crop.copy()).permute(2, 0, 1)[None].float() / 255
    return subject, crop


@every_victim
def test_layers_are_ordered_named_once_and_end_differentiable(engine: Engine, name: str) -> None:
    victim = engine.victim(name)
    layers = victim.layers
    assert isinstance(victim, BlazePose)
    assert [layer.index for layer in layers] == list(range(len(layers)))
    assert len({layer.name for layer in layers}) == len(layers)
    order = [node.name for node in victim.graph.nodes]
    places = [order.index(tensor) for tensor in victim.tensors]
    assert places[:-2] == sorted(places[:-2])
    kinds = [layer.kind for layer in layers]
    if victim.spec.differentiable:
        assert kinds[-2:] == ["coordinates", "coordinates"]
        assert [layer.name for layer in layers[-2:]] == ["landmarks", "world"]
    else:
        assert kinds[-1] == "heatmap"
        assert layers[-1].shape == (39, 64, 64)
        assert layers[-1].outputs == 159_744
    assert set(kinds[:-2]) == {"features"}


def test_both_routes_share_the_encoder(engine: Engine) -> None:
    first, second = engine.layers("blazepose-heatmap"), engine.layers("blazepose-regression")
    shared = [layer for layer in first if layer.name.startswith("encoder.")]
    assert shared == [layer for layer in second if layer.name.startswith("encoder.")]
    assert len(shared) >= 10
    assert not {layer.name for layer in first[len(shared) :]} & {
        layer.name for layer in second[len(shared) :]
    }


@every_victim
def test_every_cut_gives_its_layers_shape(engine: Engine, name: str) -> None:
    victim, crop = engine.victim(name), torch.rand(2, 3, 256, 256)
    with torch.no_grad():
        for layer in (*victim.layers[:2], victim.layers[len(victim.layers) // 2], *victim.layers[-2:]):
            activation = victim.truncated(layer)(crop)
            assert activation.shape == (2, *layer.shape)
            assert activation.isfinite().all()


def test_nothing_after_k_is_computed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = engine.victim("blazepose-heatmap")
    assert isinstance(victim, BlazePose)
    layer = victim.layers[5]
    allowed = {id(node.module) for node in victim.graph.ancestors((victim.tensors[5],))}
    ran: set[int] = set()
    for node in victim.graph.nodes:

        def forward(
            *inputs: Tensor, module: torch.nn.Module = node.module, number: int = id(node.module)
        ) -> Tensor:
            assert number in allowed, "a module after layer k ran"
            ran.add(number)
            return type(module).forward(module, *inputs)

        monkeypatch.setattr(node.module, "forward", forward)
    crop = torch.rand(1, 3, 256, 256, requires_grad=True)
    victim.truncated(layer)(crop).sum().backward()
    assert ran == allowed
    assert crop.grad is not None
    with pytest.raises(AssertionError, match="after layer k"):
        victim.truncated(victim.layers[6])(crop)


def test_poses_reuse_the_activation_of_the_last_layer(
    engine: Engine, walking: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = engine.victim("blazepose-heatmap")
    _, crop = subject_of(engine, walking, "blazepose-heatmap")
    last, earlier = victim.layers[-1], victim.layers[3]
    with torch.no_grad():
        heatmaps, features = victim.truncated(last)(crop), victim.truncated(earlier)(crop)
    (expected,) = victim.poses(crop)
    (from_features,) = victim.poses(crop, activation=features, layer=earlier)
    monkeypatch.setattr(BlazePose, "truncated", lambda *_: pytest.fail("the network ran again"))
    (reused,) = victim.poses(crop, activation=heatmaps, layer=last)
    for pose in (from_features, reused):
        np.testing.assert_array_equal(pose.keypoints, expected.keypoints)
        np.testing.assert_array_equal(pose.points_mm, expected.points_mm)


@every_victim
def test_poses_of_a_batch_are_read_only_and_one_a_crop(engine: Engine, walking: Picture, name: str) -> None:
    victim = engine.victim(name)
    _, crop = subject_of(engine, walking, name)
    poses = victim.poses(torch.cat((crop, crop.flip(3))))
    assert len(poses) == 2
    (alone,) = victim.poses(crop)
    np.testing.assert_allclose(poses[0].keypoints, alone.keypoints, atol=1e-2)
    for pose in poses:
        assert pose.keypoints.shape == (33, 2)
        assert pose.points_mm.shape == (len(pose.skeleton_3d), 3)
        assert pose.scores.min() >= 0
        assert pose.scores.max() <= 1
        for array in (pose.keypoints, pose.scores, pose.points_mm):
            assert array.dtype == np.float32
            assert not array.flags.writeable


@every_victim
def test_the_pose_of_a_sample_is_its_ground_truth(engine: Engine, walking: Picture, name: str) -> None:
    subject, _ = subject_of(engine, walking, name)
    truth = load_ground_truth(next(iter(list_samples().values()))).people[0]["blazepose-33"]
    limbs = [
        truth.skeleton.index(f"{side}_{joint}")
        for side in ("left", "right")
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    ]
    placed = apply_affine(subject.person.to_crop, truth.keypoints + 0.5)
    errors = np.linalg.norm(placed - subject.clean.keypoints, axis=1)[limbs]
    assert np.median(errors) < 8
    assert errors.max() < 30


def test_the_two_routes_agree_on_a_sample(engine: Engine, walking: Picture) -> None:
    heat, _ = subject_of(engine, walking, "blazepose-heatmap")
    direct, _ = subject_of(engine, walking, "blazepose-regression")
    np.testing.assert_array_equal(heat.crop, direct.crop)
    visible = heat.clean.scores > 0.5
    apart = np.linalg.norm(heat.clean.keypoints - direct.clean.keypoints, axis=1)[visible]
    assert np.median(apart) < 6


def test_peaks_and_stride_belong_together(engine: Engine, walking: Picture) -> None:
    victim = engine.victim("blazepose-heatmap")
    subject, crop = subject_of(engine, walking, "blazepose-heatmap")
    layer = victim.layers[-1]
    assert victim.stride(layer) == 4
    with torch.no_grad():
        peaks = victim.peaks(victim.truncated(layer)(crop), layer)
    assert peaks.shape == (1, 39, 2)
    np.testing.assert_array_equal(peaks[0, :33].numpy(), subject.clean.keypoints)


def test_a_surrogate_is_near_the_pose_and_has_a_gradient(engine: Engine, walking: Picture) -> None:
    victim = engine.victim("blazepose-heatmap")
    subject, crop = subject_of(engine, walking, "blazepose-heatmap")
    crop.requires_grad_()
    pose = victim.surrogate()(crop)
    # the soft-argmax lies between a heatmap's peaks, the argmax at one of them
    errors = np.linalg.norm(pose[0].detach().numpy() - subject.clean.points_mm, axis=1)
    assert np.median(errors) < 60
    (gradient,) = torch.autograd.grad(pose.square().sum(), crop)
    assert gradient.abs().sum() > 0
    with pytest.raises(AttackError, match="needs no surrogate"):
        engine.victim("blazepose-regression").surrogate()


def layers_of(engine: Engine) -> tuple[Layer, ...]:
    return engine.layers("blazepose-heatmap")


@pytest.mark.parametrize("wanted", [None, -1, "heatmap", 18, "18"])
def test_find_layer_by_name_index_or_none(engine: Engine, wanted: str | int | None) -> None:
    layers = layers_of(engine)
    if wanted == -1:
        with pytest.raises(ConfigError):
            find_layer(layers, wanted)
    else:
        assert find_layer(layers, wanted) is layers[-1]


def test_find_layer_refuses_with_the_choices(engine: Engine) -> None:
    with pytest.raises(ConfigError, match=r"from 0 to 18 or one of encoder\.128\.1, .*heatmap, got 'else'"):
        find_layer(layers_of(engine), "else")


def test_load_victim_refuses_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="blazepose-heatmap, blazepose-regression"):
        load_victim("else", torch.device("cpu"))
    (tmp_path / "broken.task").write_bytes(find_bundle(BUNDLE).read_bytes()[:5000])
    hand = find_bundle("hand_landmarker.task")
    for bundle in (tmp_path / "missing.task", tmp_path / "broken.task", tmp_path, hand):
        with pytest.raises(ModelFileError) as caught:
            load_victim("blazepose-heatmap", torch.device("cpu"), bundle)
        assert "\n" not in str(caught.value)
        assert bundle.name in str(caught.value)


def test_another_copy_of_the_bundle_is_another_victim_with_the_same_hash(
    tmp_path: Path, engine: Engine
) -> None:
    copy = tmp_path / "copy.task"
    copy.write_bytes(find_bundle(BUNDLE).read_bytes())
    victim = load_victim("blazepose-heatmap", torch.device("cpu"), str(copy))
    assert isinstance(victim, BlazePose)
    assert victim.sha256 == engine.victim("blazepose-heatmap").sha256
    assert victim is not engine.victim("blazepose-heatmap")
    assert HEATMAPS in victim.graph.outputs


def test_every_part_is_loaded_on_the_device_asked_for() -> None:
    victim = load(HEATMAP_SPEC, torch.device("meta"))
    for part in (victim.graph, victim.detector.graph, victim.lifter):
        assert {value.device.type for value in part.parameters()} == {"meta"}
