"""Made-up but plausible values for driving views and the window without a network.

A drawn person stands in a drawn room; the "attack" pushes the arms and knees a little further at each
iteration. Everything is deterministic in its seed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kaa_gui.core.skeletons import BLAZEPOSE_33, Skeleton
from kaa_gui.core.types import (
    AttackConfig,
    CorrelationField,
    Layer,
    Metrics,
    Person,
    Picture,
    Pose,
    Scene,
    Snapshot,
    VictimSpec,
    read_only,
)
from kaa_gui.ui.model.services import Activations

CROP = 256
"""Side of the crop in pixels."""

ROWS = 39

LAYERS = (
    Layer(0, "stem", (24, 128, 128)),
    Layer(1, "encoder.1", (48, 64, 64)),
    Layer(2, "encoder.2", (96, 32, 32)),
    Layer(3, "encoder.3", (192, 16, 16)),
    Layer(4, "decoder.2", (48, 64, 64)),
    Layer(5, "heatmap", (39, 64, 64), "heatmap"),
)

VICTIM = VictimSpec(
    "blazepose-heatmap",
    "BlazePose full, heatmap route",
    ("landmark network", "heatmaps", "argmax", "3D lift"),
    (2,),
    BLAZEPOSE_33,
    BLAZEPOSE_33,
    ("The largest cell jumps.",),
)

# x right, y down, z away from the camera; half a body height is 1
_STANDING = {
    "nose": (0.00, -0.80, -0.16),
    "left_eye_inner": (0.02, -0.83, -0.14),
    "left_eye": (0.035, -0.83, -0.14),
    "left_eye_outer": (0.05, -0.83, -0.13),
    "left_ear": (0.08, -0.81, -0.05),
    "mouth_left": (0.025, -0.76, -0.13),
    "left_shoulder": (0.19, -0.60, -0.02),
    "left_elbow": (0.33, -0.36, 0.02),
    "left_wrist": (0.40, -0.12, -0.10),
    "left_pinky": (0.43, -0.05, -0.12),
    "left_index": (0.40, -0.04, -0.15),
    "left_thumb": (0.38, -0.07, -0.15),
    "left_hip": (0.10, 0.00, 0.00),
    "left_knee": (0.14, 0.42, -0.06),
    "left_ankle": (0.15, 0.83, 0.06),
    "left_heel": (0.14, 0.88, 0.10),
    "left_foot_index": (0.19, 0.92, -0.08),
}


def _standing() -> np.ndarray:
    """Return the template, (33, 3), right side mirrored from the left and slightly out of symmetry."""
    points = np.zeros((len(BLAZEPOSE_33), 3), np.float32)
    for joint, name in enumerate(BLAZEPOSE_33.joints):
        if name in _STANDING:
            points[joint] = _STANDING[name]
        else:
            points[joint] = _STANDING[name.replace("right", "left")]
            points[joint, 0] *= -1
            points[joint, 2] += 0.05
    right_arm = [BLAZEPOSE_33.index(f"right_{part}") for part in ("wrist", "pinky", "index", "thumb")]
    points[right_arm, 1] -= 0.45  # one raised forearm tells left from right
    return points


_PUSH = {"wrist": 1.0, "pinky": 1.1, "index": 1.1, "thumb": 1.1, "elbow": 0.5, "knee": 0.45, "ankle": 0.2}


def _template(strength: float, seed: int) -> np.ndarray:
    """Return the standing body, limbs pushed away in seeded directions."""
    rng = np.random.default_rng(seed)
    points = _standing()
    direction = {side: rng.normal(0, 1, 3) for side in ("left", "right")}
    for joint, name in enumerate(BLAZEPOSE_33.joints):
        side = BLAZEPOSE_33.side(joint)
        for part, weight in _PUSH.items():
            if part in name and side in direction:
                points[joint] += (strength * weight * direction[side]).astype(np.float32)
    return points


def pose(strength: float = 0.0, *, seed: int = 0, skeleton: Skeleton = BLAZEPOSE_33) -> Pose:
    """Return a pose; ``strength`` 0 is the clean one, 0.3 a thorough success."""
    points = _template(strength, seed)
    scores = np.full(len(points), 0.95, np.float32)
    scores[BLAZEPOSE_33.index("left_heel")] = 0.2  # one joint that the victim doubts
    if skeleton is not BLAZEPOSE_33:
        from kaa_gui.core.skeletons import convert

        points = convert(points, BLAZEPOSE_33, skeleton)
        scores = np.full(len(points), 0.9, np.float32)
    return Pose(
        keypoints=read_only((CROP / 2 + points[:, :2] * 118).astype(np.float32)),
        scores=read_only(scores),
        points_mm=read_only((points * 900).astype(np.float32)),
        skeleton=skeleton,
        skeleton_3d=skeleton,
    )


def _distance_to_body(xy: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Return each pixel's distance to the nearest bone, in crop pixels; xy is (..., 2)."""
    result = np.full(xy.shape[:-1], np.inf, np.float32)
    for first, second in BLAZEPOSE_33.bones:
        start, along = keypoints[first], keypoints[second] - keypoints[first]
        t = ((xy - start) @ along) / max(float(along @ along), 1e-6)
        nearest = start + np.clip(t, 0, 1)[..., None] * along
        result = np.minimum(result, np.linalg.norm(xy - nearest, axis=-1))
    return result


def _to_crop(centre: tuple[float, float], scale: float, degrees: float) -> np.ndarray:
    """Return the map from picture to crop for a person at a centre; scale = crop px a picture px."""
    angle = np.deg2rad(degrees)
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.full(2, CROP / 2) - rotation @ np.array(centre)
    return np.column_stack([rotation, shift])


def _paint_person(pixels: np.ndarray, to_crop: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw the standing body into the picture, where the crop's map says."""
    height, width = pixels.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    distance = _distance_to_body(grid @ to_crop[:, :2].T + to_crop[:, 2], pose().keypoints)
    cover = np.clip(9 - distance, 0, 1)[..., None]
    shade = (1.1 - 0.04 * distance.clip(0, 9))[..., None]
    pixels[:] = pixels * (1 - cover) + cover * shade * np.array(colour)


def _cut(pixels: np.ndarray, to_crop: np.ndarray) -> np.ndarray:
    """Sample the crop out of the picture, nearest neighbour."""
    inverse = np.linalg.inv(np.vstack([to_crop, [0, 0, 1]]))[:2]
    grid = np.stack(np.meshgrid(np.arange(CROP), np.arange(CROP)), -1).astype(np.float32)
    xy = np.rint(grid @ inverse[:, :2].T + inverse[:, 2]).astype(int)
    inside = np.all((xy >= 0) & (xy < pixels.shape[1::-1]), axis=-1)
    x, y = xy[..., 0].clip(0, pixels.shape[1] - 1), xy[..., 1].clip(0, pixels.shape[0] - 1)
    return np.where(inside[..., None], pixels[y, x], 0).astype(np.uint8)


def scene(*, person: int = 0, target: bool = False, layer: int = 5) -> Scene:
    """Return a 720x480 room with two people, one of them under attack."""
    picture, people = _room()
    return Scene(
        picture=picture,
        people=people,
        person=people[person],
        crop=read_only(_cut(picture.pixels, people[person].to_crop)),
        clean=pose(),
        layer=LAYERS[layer],
        layers=LAYERS,
        spec=VICTIM,
        device="cpu",
        target=pose(0.25, seed=5) if target else None,
    )


@lru_cache(maxsize=1)
def _room() -> tuple[Picture, tuple[Person, ...]]:
    """Paint the picture, once."""
    height, width = 480, 720
    y, x = np.mgrid[:height, :width].astype(np.float32)
    room = 120 + 50 * y[..., None] / height + 12 * np.sin(x / 37)[..., None] * np.cos(y / 53)[..., None]
    pixels = np.clip(room + np.array([10, 5, -8]), 0, 255).astype(np.float32)
    pixels[y > 400] *= np.array([0.75, 0.65, 0.55], np.float32)
    maps = (_to_crop((250, 240), 0.58, 4.0), _to_crop((520, 260), 0.66, -9.0))
    for to_crop, colour in zip(maps, ((70, 90, 160), (165, 80, 60)), strict=True):
        _paint_person(pixels, to_crop, colour)
    people = tuple(
        Person(number, 0.97 - 0.06 * number, read_only(np.array(box, np.float32)), read_only(to_crop))
        for number, (to_crop, box) in enumerate(
            zip(maps, ((160, 60, 180, 370), (440, 90, 160, 340)), strict=True)
        )
    )
    return Picture(read_only(pixels.clip(0, 255).astype(np.uint8)), "room.png", "0" * 64), people


@lru_cache(maxsize=8)
def _rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 39 coarse rows of J, (39, 64, 64, 3), and a fine positive modulation (256, 256, 3)."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(64), np.arange(64)), -1).astype(np.float32)
    joints = np.resize(pose().keypoints / 4, (ROWS, 2))
    near = np.exp(-np.linalg.norm(grid[None] - joints[:, None, None], axis=-1) / 6)[..., None]
    rows = (rng.normal(0, 1, (ROWS, 64, 64, 3)) * (near + 0.01)).astype(np.float32)
    return rows, rng.gamma(1.2, 1.0, (CROP, CROP, 3)).astype(np.float32)


def correlation_field(rows_done: int = ROWS, *, seed: int = 0, layer: int = 5) -> CorrelationField:
    """Return the running extremes after some of 39 rows: they grow monotonically, as the real ones do."""
    rows, modulation = _rows(seed)
    done = rows[:rows_done] if rows_done else np.zeros((1, 64, 64, 3), np.float32)
    scale = np.ones((4, 4, 1), np.float32)
    return CorrelationField(
        maximum=read_only(np.kron(done.max(axis=0), scale) * modulation),
        minimum=read_only(np.kron(done.min(axis=0), scale) * modulation),
        rows_done=rows_done,
        rows_total=ROWS,
        rows="peaks",
        layer=LAYERS[layer],
        seconds_left=0.07 * (ROWS - rows_done) if rows_done else None,
    )


def metrics(iteration: int) -> Metrics:
    """Return the numbers of one iteration: the error rises and saturates."""
    grown = 1 - np.exp(-iteration / 7)
    return Metrics(
        iteration=iteration,
        loss=float(0.2 + 3 * grown + 0.05 * np.sin(iteration * 1.7)),
        displacement_px=float(42 * grown + 0.8 * np.sin(iteration)),
        pose_error_mm=float(310 * grown + 6 * np.sin(iteration * 1.3)),
        perturbation_rmse=float(0.35 + 0.75 * grown),
        perturbation_max=2.0,
    )


def history(iterations: int = 20) -> list[Metrics]:
    """Return the metrics of iterations 0 to ``iterations``."""
    return [metrics(iteration) for iteration in range(iterations + 1)]


def snapshot(
    iteration: int = 10,
    *,
    iterations: int = 20,
    seed: int = 0,
    target: bool = False,
    config: AttackConfig | None = None,
) -> Snapshot:
    """Return one iterate of an attack on :func:`scene`."""
    config = config or AttackConfig()
    shown, field = scene(target=target), correlation_field()
    rng = np.random.default_rng((seed, iteration))
    alpha = field.alpha_keeping(config.keep or 0.5)
    mask = field.strength > alpha
    sign = np.sign(np.kron(rng.normal(0, 1, (64, 64, 3)), np.ones((4, 4, 1))) + rng.normal(0, 1, mask.shape))
    level = config.epsilon * 255 * (0.4 + 0.6 * iteration / max(1, iterations))
    perturbation = (mask * sign * level).astype(np.float32)
    adversarial = np.clip(np.rint(shown.crop + perturbation), 0, 255).astype(np.uint8)
    return Snapshot(
        iteration=iteration,
        iterations=iterations,
        adversarial=read_only(adversarial),
        perturbation=read_only(perturbation),
        mask=read_only(mask),
        clean=shown.clean,
        attacked=pose(0.3 * (1 - float(np.exp(-iteration / 7))), seed=3),
        target=shown.target,
        metrics=metrics(iteration),
        config=config,
        alpha=alpha,
        elapsed_s=0.09 * iteration,
        final=iteration == iterations,
    )


def activations(shown: Snapshot, layer: Layer = LAYERS[-1]) -> Activations:
    """Return what a layer might hold for the clean crop and for an iterate."""
    clean = np.random.default_rng(0).normal(0, 1, layer.shape).astype(np.float32)
    return Activations(layer, shown.iteration, read_only(clean), read_only(clean + 0.1 * shown.iteration))
