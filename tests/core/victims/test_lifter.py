"""The lifter: invariances, gradients, missing joints, quality on hand-made poses, hostile files."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from kaa_gui.core.errors import ConfigError, ModelFileError
from kaa_gui.core.metrics import mpjpe_mm, pa_mpjpe_mm
from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.core.victims.lifter import JOINTS, SEEN_SCORE, Lifter, load_lifter, normalised

SAMPLES = sorted((Path(__file__).parents[3] / "resources" / "samples").glob("*.json"))
HALF_PELVIS, HALF_SHOULDERS, TRUNK = 100.0, 165.0, 500.0


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return load_lifter()


def body(*, arms: str = "down", legs: str = "straight") -> Tensor:
    """Return ``(17, 3)`` mm of a person seen from the front: x right, y down, z away, pelvis at 0."""
    points: dict[str, tuple[float, float, float]] = {
        "pelvis": (0, 0, 0),
        "spine": (0, -TRUNK / 2, 0),
        "thorax": (0, -TRUNK, 0),
        "nose": (0, -TRUNK - 165, -130),
        "head": (0, -TRUNK - 185, -30),
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip, shoulder = sign * HALF_PELVIS, sign * HALF_SHOULDERS
        points[f"{side}_hip"] = (hip, 0, 0)
        knee = (hip * 1.3, 430, 0) if legs == "straight" else (hip * 1.5, 30, -430)
        points[f"{side}_knee"] = knee
        points[f"{side}_ankle"] = (knee[0], knee[1] + 420, knee[2])
        points[f"{side}_shoulder"] = (shoulder, -TRUNK, 0)
        x, y = {"down": (0.15, 1.0), "wide": (1.0, 0.0), "up": (0.15, -1.0)}[arms]
        for joint, length in (("elbow", 280), ("wrist", 530)):
            points[f"{side}_{joint}"] = (shoulder + sign * x * length, y * length - TRUNK, 0)
    return torch.tensor([points[name] for name in HUMAN36M_17.joints])


def turned(points: Tensor, azimuth: float) -> Tensor:
    """Return the body turned about the vertical by degrees."""
    cosine, sine = math.cos(math.radians(azimuth)), math.sin(math.radians(azimuth))
    x, y, z = points.unbind(-1)
    return torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], dim=-1)


def seen(points: Tensor, *, distance: float = 4000.0) -> Tensor:
    """Return ``(17, 2)`` crop pixels of a perspective camera."""
    return 128 + 450 * points[:, :2] / (points[:, 2:] + distance)


def some_keypoints(count: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    people = torch.stack([seen(turned(body(), 30.0 * number)) for number in range(count)])
    return people + 2 * torch.randn(people.shape, generator=generator)


def test_lift_returns_root_relative_poses(lifter: Lifter) -> None:
    lifted = lifter.lift(some_keypoints(3))

    assert lifted.shape == (3, JOINTS, 3)
    assert lifted.dtype == torch.float32
    assert lifted.isfinite().all()
    assert torch.equal(lifted[:, 0], torch.zeros(3, 3))


def test_lift_of_nobody_is_empty(lifter: Lifter) -> None:
    assert lifter.lift(torch.zeros(0, JOINTS, 2)).shape == (0, JOINTS, 3)


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(-1000, 1000),
    y=st.floats(-1000, 1000),
    scale=st.floats(0.1, 20),
)
def test_lift_ignores_position_and_size_in_the_crop(lifter: Lifter, x: float, y: float, scale: float) -> None:
    keypoints = some_keypoints()

    moved = lifter.lift(keypoints * scale + torch.tensor([x, y]))

    # single precision: a shift of 1000 px leaves about 1e-4 px
    torch.testing.assert_close(moved, lifter.lift(keypoints), atol=1.0, rtol=0)


def test_lift_is_deterministic_and_independent_of_the_batch(lifter: Lifter) -> None:
    keypoints = some_keypoints()

    together = lifter.lift(keypoints)

    assert torch.equal(together, lifter.lift(keypoints))
    alone = torch.cat([lifter.lift(keypoints[i : i + 1]) for i in range(len(keypoints))])
    torch.testing.assert_close(together, alone, atol=0.05, rtol=0)


def test_lift_of_the_mirror_image_is_the_mirror_image(lifter: Lifter) -> None:
    keypoints = some_keypoints()
    order = list(HUMAN36M_17.mirrored())

    mirrored = lifter.lift(keypoints[:, order] * torch.tensor([-1.0, 1.0]))

    expected = lifter.lift(keypoints)[:, order] * torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(mirrored, expected, atol=0.1, rtol=0)


def test_lift_has_the_gradient_of_finite_differences(lifter: Lifter) -> None:
    double = load_lifter().double()
    keypoints = some_keypoints(1).double().requires_grad_()
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(1, JOINTS, 3, generator=generator, dtype=torch.float64)
    direction = torch.randn(1, JOINTS, 2, generator=generator, dtype=torch.float64)

    (gradient,) = torch.autograd.grad((double.lift(keypoints) * weights).sum(), keypoints)

    step = 1e-5
    ahead, behind = (double.lift(keypoints.detach() + sign * step * direction) for sign in (1, -1))
    numeric = ((ahead - behind) * weights).sum() / (2 * step)
    assert gradient.isfinite().all()
    torch.testing.assert_close((gradient * direction).sum(), numeric, rtol=1e-4, atol=1e-3)


def test_lift_is_frozen(lifter: Lifter) -> None:
    assert not any(parameter.requires_grad for parameter in lifter.parameters())
    assert not lifter.training


@pytest.mark.parametrize("how", ["nan", "score"])
def test_lift_ignores_missing_joints(lifter: Lifter, how: str) -> None:
    missing = [HUMAN36M_17.index(name) for name in ("left_wrist", "right_ankle")]
    keypoints = some_keypoints()
    scores = torch.ones(keypoints.shape[:2])

    def lift(junk: float) -> Tensor:
        changed = keypoints.clone()
        changed[:, missing] = float("nan") if how == "nan" else junk
        if how == "score":
            scores[:, missing] = SEEN_SCORE / 2
        return lifter.lift(changed, scores)

    first, second = lift(-500.0), lift(9999.0)

    assert torch.equal(first, second)
    assert first.isfinite().all()
    whole = lifter.lift(keypoints)
    others = [joint for joint in range(JOINTS) if joint not in missing]
    assert (first - whole)[:, others].norm(dim=-1).mean() < 60


def test_gradient_is_finite_with_missing_and_coincident_joints(lifter: Lifter) -> None:
    keypoints = some_keypoints(3)
    keypoints[0, 3] = float("nan")
    keypoints[1, 1:] = float("nan")
    keypoints[2] = 7.0
    keypoints.requires_grad_()

    lifter.lift(keypoints).sum().backward()

    assert keypoints.grad is not None
    assert keypoints.grad.isfinite().all()
    assert torch.equal(keypoints.grad[0, 3], torch.zeros(2))


def test_normalised_joints_are_centred_and_of_unit_size() -> None:
    observed = normalised(some_keypoints())

    torch.testing.assert_close(observed[..., :2].mean(dim=1), torch.zeros(4, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(observed[..., :2].norm(dim=-1).mean(dim=1), torch.ones(4))
    assert (observed[..., 2] == 1).all()


@pytest.mark.parametrize("azimuth", [0.0, 35.0, 60.0, -90.0, 180.0])
@pytest.mark.parametrize(
    ("arms", "legs"), [("down", "straight"), ("wide", "straight"), ("up", "straight"), ("down", "sitting")]
)
def test_lift_recovers_everyday_poses(lifter: Lifter, arms: str, legs: str, azimuth: float) -> None:
    truth = turned(body(arms=arms, legs=legs), azimuth)

    lifted = lifter.lift(seen(truth)[None])[0].numpy()

    assert pa_mpjpe_mm(truth.numpy(), lifted) < 85
    assert mpjpe_mm(truth.numpy(), lifted) < 150


@pytest.mark.skipif(not SAMPLES, reason="the samples are not there")
def test_lift_recovers_the_rendered_samples() -> None:
    lifter, errors = load_lifter(), []
    for sample in SAMPLES:
        for person in json.loads(sample.read_text("utf-8"))["people"]:
            joints = person["skeletons"]["human36m-17"]
            pixels = torch.tensor([joints[name]["px"] for name in HUMAN36M_17.joints])
            truth = np.array([joints[name]["mm"] for name in HUMAN36M_17.joints])
            errors.append(pa_mpjpe_mm(truth, lifter.lift(pixels[None])[0].numpy()))

    assert np.mean(errors) < 40  # 27 on the card


@pytest.mark.parametrize("shape", [(17, 2), (1, 33, 2), (1, 17, 3)])
def test_lift_refuses_other_shapes(lifter: Lifter, shape: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="keypoints must be"):
        lifter.lift(torch.zeros(shape))


def test_lift_refuses_scores_of_another_shape(lifter: Lifter) -> None:
    with pytest.raises(ConfigError, match="scores must be"):
        lifter.lift(some_keypoints(2), torch.ones(2, 33))


def small_lifter() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return Lifter(width=8, blocks=1).state_dict()


def test_load_lifter_reads_ones_own(tmp_path: Path) -> None:
    tensors = small_lifter()
    save_file(tensors, tmp_path / "own.safetensors")

    loaded = load_lifter(tmp_path / "own.safetensors")

    assert (loaded.width, len(loaded.blocks)) == (8, 1)
    assert torch.equal(loaded.entry.weight, tensors["entry.weight"])


def damaged_files() -> dict[str, bytes]:
    """Return file contents that are no lifter, by what is wrong with them."""
    header = json.dumps(
        {"entry.weight": {"dtype": "F32", "shape": [8, 51], "data_offsets": [0, 1632]}}
    ).encode()
    return {
        "empty": b"",
        "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        "header too long": struct.pack("<Q", 2**62) + b"{}",
        "header no json": struct.pack("<Q", 4) + b"oops",
        "truncated": struct.pack("<Q", len(header)) + header + b"\0" * 100,
    }


@pytest.mark.parametrize("content", damaged_files().values(), ids=damaged_files().keys())
def test_load_lifter_refuses_damaged_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.safetensors").write_bytes(content)

    with pytest.raises(ModelFileError) as caught:
        load_lifter(tmp_path / "bad.safetensors")
    assert "\n" not in str(caught.value)
    assert "bad.safetensors" in str(caught.value)


def other_networks() -> dict[str, dict[str, Tensor]]:
    """Return tensors that are no lifter, by what is wrong with them."""
    good = small_lifter()
    return {
        "no entry": {"weight": torch.zeros(3)},
        "wide": good | {"entry.weight": torch.zeros(5000, 51)},
        "block 99": good | {"blocks.99.first.weight": torch.zeros(8, 8)},
        "block of many digits": good | {f"blocks.{'9' * 5000}.first.weight": torch.zeros(8, 8)},
        "extra": good | {"blocks.0.third.weight": torch.zeros(8, 8)},
        "missing": {name: tensor for name, tensor in good.items() if name != "exit.bias"},
        "shape": good | {"exit.bias": torch.zeros(51)},
        "entry shape": good | {"entry.weight": torch.zeros(8, 34)},
        "nan": good | {"exit.bias": torch.full((52,), float("nan"))},
        "integers": good | {"exit.bias": torch.zeros(52, dtype=torch.int64)},
    }


@pytest.mark.parametrize("tensors", other_networks().values(), ids=other_networks().keys())
def test_load_lifter_refuses_other_networks(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    save_file(tensors, tmp_path / "other.safetensors")

    with pytest.raises(ModelFileError, match=r"other\.safetensors") as caught:
        load_lifter(tmp_path / "other.safetensors")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["lifter.pt", "lifter.pth", "lifter.pt2", "lifter.bin"])
def test_load_lifter_never_unpickles(tmp_path: Path, name: str) -> None:
    torch.save(small_lifter(), tmp_path / name)

    with pytest.raises(ModelFileError, match="safetensors"):
        load_lifter(tmp_path / name)


def test_load_lifter_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no lifter at"):
        load_lifter(tmp_path / "nowhere.safetensors")
