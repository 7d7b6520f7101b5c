"""Find people with the pose bundle's own detector, and the crop that stands each of them upright.

Source: the public MediaPipe graphs "pose_detection" and "pose_landmarks_detector" (input range, SSD
anchors, decoding, non-maximum suppression, alignment points); Bazarevsky et al. 2020, BlazePose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from kaa_gui.core.errors import ModelFileError, NoPersonError
from kaa_gui.core.importers.graph import Graph
from kaa_gui.core.pictures.sampling import CropSampler, apply_affine, inverse_affine
from kaa_gui.core.types import GREY_LEVELS, FloatArray, Person, UInt8Image, read_only

# (cells a side, anchors a cell) of the three strides
ANCHOR_GRIDS = ((28, 2), (14, 2), (7, 6))
SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3
LOGIT_LIMIT = 100.0
CROP_SCALE = 1.25
MAX_PEOPLE = 20
# longer edge, in pixels, at which people are looked for; the crops are cut from the full picture
DETECTION_EDGE = 1600
# two candidates are one body when their hips are nearer than this share of the crop's side
SAME_BODY, SAME_SIZE = 0.2, 3.0

BodyCheck = Callable[[NDArray[np.float64]], bool]


@dataclass(frozen=True, slots=True, eq=False)
class PersonDetector:
    """BlazePose's person detector.

    Attributes:
        graph: The imported detector network.
        crop_size: Height and width of the landmark network's crop.
    """

    graph: Graph
    crop_size: tuple[int, int]

    def __post_init__(self) -> None:
        anchors = sum(side * side * each for side, each in ANCHOR_GRIDS)
        shapes = {node.name: node.shape for node in self.graph.nodes}
        found = [shapes.get(name) for name in self.graph.outputs]
        if sorted(shape[0] if shape else 0 for shape in found) != [anchors, anchors]:
            raise ModelFileError(f"pose_detector.tflite: expected {anchors} anchors, got outputs {found}")

    def find(self, pixels: UInt8Image, is_body: BodyCheck) -> tuple[Person, ...]:
        """Return the people in a picture, most confident first.

        The detector sees only people who fill a good part of its input, so the picture is looked at as a
        whole, then in overlapping squares of half its length and, while nobody is found, in smaller ones.

        Args:
            pixels: ``(H, W, 3)`` uint8 RGB.
            is_body: Decides from a candidate's crop map whether there really is a body.

        Raises:
            NoPersonError: Nobody was found.
        """
        small, factor = shrunk(pixels)
        height, width = small.shape[:2]
        whole = letterbox(height, width, self._side)
        found: list[Person] = []
        for squares in (
            [whole, *_squares(height, width, 0.5, self._side)],
            [*_squares(height, width, 0.3, self._side)],
        ):
            if found:
                break
            for candidate in self._candidates(small, factor, squares):
                if not self._already_found(candidate, found) and is_body(candidate.to_crop):
                    found.append(candidate)
        if not found:
            raise NoPersonError(
                "no person was found in the picture; choose one in which a body, with hips and shoulders, "
                "is clearly visible"
            )
        return tuple(replace(person, number=number) for number, person in enumerate(found[:MAX_PEOPLE]))

    def _already_found(self, candidate: Person, found: list[Person]) -> bool:
        """Whether a candidate repeats the hips and size of a person found before."""
        centre = np.array([self.crop_size[1] / 2, self.crop_size[0] / 2])
        hips = apply_affine(inverse_affine(candidate.to_crop), centre)
        for person in found:
            away = float(np.linalg.norm(apply_affine(person.to_crop, hips) - centre))
            ratio = _scale(candidate.to_crop) / _scale(person.to_crop)
            if away < SAME_BODY * self.crop_size[1] and 1 / SAME_SIZE < ratio < SAME_SIZE:
                return True
        return False

    @property
    def _side(self) -> int:
        return self.graph.input_shape[1]

    @torch.inference_mode()
    def _candidates(self, small: UInt8Image, factor: int, squares: list[NDArray[np.float64]]) -> list[Person]:
        """Run the detector on squares of the shrunk picture; candidates by confidence, doubles suppressed."""
        side, size = self._side, (small.shape[0], small.shape[1])
        boxes, circles, scores = [], [], []
        for to_square in squares:
            sampler = CropSampler.build(to_square, (side, side), size)
            square = np.where(sampler.inside[:, :, None], sampler.crop(small), np.uint8(0))
            box, points, score = self._detect(square)
            back = inverse_affine(to_square)
            corners = apply_affine(back, box[:, :2])
            boxes.append(np.concatenate((corners, box[:, 2:] * back[0, 0]), axis=1))
            circles.append(apply_affine(back, points[:, :2]))
            scores.append(score)
        box, circle = np.concatenate(boxes) * factor, np.concatenate(circles) * factor
        score = np.concatenate(scores)
        people = []
        for group in overlapping_groups(box, score):
            hips, around = _mean(circle, score, group)
            people.append(
                Person(
                    number=0,
                    score=float(score[group[0]]),
                    box=read_only(_mean(box, score, group).astype(np.float32)),
                    to_crop=read_only(upright_crop(hips, around, self.crop_size)),
                )
            )
        return people

    def _detect(self, square: UInt8Image) -> tuple[FloatArray, FloatArray, FloatArray]:
        device = next(self.graph.parameters()).device
        image = torch.from_numpy(square).to(device).permute(2, 0, 1)[None].float() / (GREY_LEVELS / 2) - 1
        first, second = self.graph.truncated(self.graph.outputs)(image)
        values, logits = (first, second) if first.shape[-1] > 1 else (second, first)
        boxes, points, scores = decode_anchors(
            values[0].cpu().numpy(), logits[0, :, 0].cpu().numpy(), self._side
        )
        confident = scores >= SCORE_THRESHOLD
        return boxes[confident], points[confident], scores[confident]


def overlapping_groups(boxes: NDArray[np.floating], scores: NDArray[np.floating]) -> list[NDArray[np.intp]]:
    """Group candidates around the most confident ones, as weighted non-maximum suppression does.

    MediaPipe averages a group by score rather than keeping its head alone, so that a body's crop does not
    jump when two neighbouring anchors change places.

    Args:
        boxes: ``(N, 4)`` x, y, width, height.
        scores: ``(N,)``.

    Returns:
        Indices of each group, its head first; groups by the head's score.
    """
    heads = np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, OVERLAP_THRESHOLD), int).ravel()
    heads = heads[np.argsort(-scores[heads], kind="stable")]
    free = np.ones(len(boxes), bool)
    free[heads] = False
    groups = []
    for head in heads:
        members = np.flatnonzero(free & (_overlap(boxes[head], boxes) > OVERLAP_THRESHOLD))
        free[members] = False
        groups.append(np.concatenate(([head], members)))
    return groups


def _overlap(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the intersection over union of one box with others."""
    corner = np.maximum(box[:2], boxes[:, :2])
    opposite = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    shared = np.prod(np.clip(opposite - corner, 0, None), axis=1)
    return shared / np.maximum(box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - shared, 1e-9)


def _mean(
    values: NDArray[np.floating], scores: NDArray[np.floating], group: NDArray[np.intp]
) -> NDArray[np.floating]:
    """Return the mean of a group's values, weighted by score."""
    return np.average(values[group], axis=0, weights=scores[group])


def _squares(height: int, width: int, share: float, side: int) -> Iterator[NDArray[np.float64]]:
    """Yield maps of overlapping squares, ``share`` of the longer edge, that cover a picture."""
    edge = max(share * max(height, width), 1.0)
    scale = side / edge
    for top in _starts(height, edge):
        for left in _starts(width, edge):
            yield np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])


def _scale(to_crop: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(to_crop[:, :2]))))


def _starts(length: float, edge: float) -> NDArray[np.float64]:
    if length <= edge:
        return np.array([(length - edge) / 2])
    return np.linspace(0, length - edge, int(np.ceil(2 * (length - edge) / edge)) + 1)


def shrunk(pixels: UInt8Image) -> tuple[UInt8Image, int]:
    """Return a picture averaged down to about :data:`DETECTION_EDGE`, and by what whole factor.

    The detector reads 224 pixels a side, so that nothing of use is lost, and huge pictures take no longer
    than ordinary ones.
    """
    height, width = pixels.shape[:2]
    factor = max(1, min(max(height, width) // DETECTION_EDGE, height, width))
    if factor == 1:
        return pixels, 1
    rows, columns = height // factor, width // factor
    whole = pixels[: rows * factor, : columns * factor]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    ), factor


def letterbox(height: int, width: int, side: int) -> NDArray[np.float64]:
    """Return the ``(2, 3)`` map that fits a picture centrally into a square, keeping its shape."""
    scale = side / max(height, width)
    return np.array([[scale, 0, (side - width * scale) / 2], [0, scale, (side - height * scale) / 2]], float)


def anchor_centres() -> FloatArray:
    """Return ``(2254, 2)`` float32, x and y of each anchor as fractions of the detector's input."""
    grids = []
    for side, each in ANCHOR_GRIDS:
        rows, columns = np.mgrid[0:side, 0:side]
        centres = np.stack((columns, rows), axis=-1).reshape(-1, 2)
        grids.append(np.repeat((centres + 0.5) / side, each, axis=0))
    return np.concatenate(grids).astype(np.float32)


def decode_anchors(
    values: FloatArray, logits: FloatArray, side: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Turn the detector's raw outputs into boxes, key points and scores.

    Args:
        values: ``(2254, 12)``: box centre and size, then four key points, relative to the anchor.
        logits: ``(2254,)``.
        side: Side of the detector's input, pixels.

    Returns:
        Boxes ``(2254, 4)`` (x, y, width, height), key points ``(2254, 4, 2)`` and scores ``(2254,)``; in
        pixels of the detector's input.
    """
    centres = anchor_centres() * side
    box_centres, sizes = values[:, :2] + centres, values[:, 2:4]
    points = values[:, 4:].reshape(-1, 4, 2) + centres[:, None]
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -LOGIT_LIMIT, LOGIT_LIMIT)))
    boxes = np.concatenate((box_centres - sizes / 2, sizes), axis=1)
    return boxes.astype(np.float32), points.astype(np.float32), scores.astype(np.float32)


def upright_crop(
    hips: NDArray[np.floating], circle: NDArray[np.floating], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the map from the picture to a crop in which the body stands up.

    Args:
        hips: ``(2,)`` mid-hip point in the picture.
        circle: ``(2,)`` point on the circle around the whole body; above the hips when upright.
        size: Height and width of the crop in pixels.

    Returns:
        ``(2, 3)`` affine map: hips to the crop's centre, the body circle's diameter times 1.25 to its side.
    """
    up = np.asarray(circle, np.float64) - hips
    side = max(2 * float(np.hypot(*up)) * CROP_SCALE, 1.0)
    turn = np.pi / 2 - np.arctan2(-up[1], up[0])
    scale = size[1] / side
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[cosine, sine], [-sine, cosine]])
    shift = np.array([size[1] / 2, size[0] / 2]) - linear @ np.asarray(hips, np.float64)
    return np.column_stack((linear, shift))
