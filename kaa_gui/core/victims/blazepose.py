"""Run BlazePose GHUM (MediaPipe Pose Landmarker) in torch, read from its bundle.

One network, two routes: heatmaps -> argmax -> lifting network (broken), and coordinates straight from
the network (differentiable). Source: Bazarevsky et al. 2020, BlazePose; Xu et al. 2020, GHUM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kaa_gui.core.errors import AttackError, ModelFileError
from kaa_gui.core.importers import file_sha256, find_bundle, read_bundle, read_tflite, verify_sha256
from kaa_gui.core.importers.graph import Graph, Node
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, convert, with_carried
from kaa_gui.core.types import FloatArray, Layer, LayerKind, Person, Pose, UInt8Image, VictimSpec, read_only
from kaa_gui.core.victims.decoding import argmax_peaks, argmax_points, soft_argmax_points
from kaa_gui.core.victims.detection import PersonDetector
from kaa_gui.core.victims.input import crop_tensor
from kaa_gui.core.victims.lifter import Lifter, load_lifter

BUNDLE = "pose_landmarker_full.task"
BUNDLE_SHA256 = "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad"
DETECTOR_FILE, NETWORK_FILE = "pose_detector.tflite", "pose_landmarks_detector.tflite"

LANDMARKS, HEATMAPS, WORLD = "Identity", "Identity_3", "Identity_4"
PRESENCE = "Identity_1"
PRESENCE_THRESHOLD = 0.5
OUTPUT_NAMES = {HEATMAPS: "heatmap", LANDMARKS: "landmarks", WORLD: "world"}
OUTPUT_KINDS: dict[str, LayerKind] = {HEATMAPS: "heatmap", LANDMARKS: "coordinates", WORLD: "coordinates"}
BODY = len(BLAZEPOSE_33)
MILLIMETRES = 1000.0

# Human3.6M's joints as means of BlazePose's, (17, 33)
_JOINT_MIXING = torch.from_numpy(convert(np.eye(BODY, dtype=np.float32), BLAZEPOSE_33, HUMAN36M_17))

HEATMAP_SPEC = VictimSpec(
    name="blazepose-heatmap",
    title="BlazePose: heatmaps → argmax → lifter",
    pipeline=("image", "network", "heatmaps", "argmax", "2D pose", "lifter", "3D pose"),
    breaks=(3,),
    skeleton=BLAZEPOSE_33,
    skeleton_3d=HUMAN36M_17,
    break_reasons=(
        "The place of the largest cell stays the same when a heatmap changes a little, and then jumps: the "
        "derivative is zero almost everywhere. FGSM and I-FGSM end here; KAA cuts the network before it.",
    ),
)
REGRESSION_SPEC = VictimSpec(
    name="blazepose-regression",
    title="BlazePose: direct regression",
    pipeline=("image", "network", "2D and 3D coordinates"),
    breaks=(),
    skeleton=BLAZEPOSE_33,
    skeleton_3d=BLAZEPOSE_33,
)
ROUTES = {HEATMAP_SPEC.name: (HEATMAPS,), REGRESSION_SPEC.name: (LANDMARKS, WORLD)}


@dataclass(frozen=True, slots=True, eq=False)
class BlazePose:
    """One route of BlazePose's landmark network, with the detector that feeds it.

    Attributes:
        spec: Route through the network.
        graph: The landmark network.
        detector: Finds the people.
        lifter: Network from 2D to 3D on the heatmap route.
        sha256: SHA-256 of the bundle.
        layers: The route's cut points.
        tensors: Each layer's name in the graph.
        crop_size: Height and width of the crop.
        lifter_sha256: SHA-256 of the user's lifting network; None for the bundled one.
    """

    spec: VictimSpec
    graph: Graph
    detector: PersonDetector
    lifter: Lifter
    sha256: str
    layers: tuple[Layer, ...]
    tensors: tuple[str, ...]
    crop_size: tuple[int, int]
    lifter_sha256: str | None = None

    @property
    def device(self) -> torch.device:
        """Device that holds the network."""
        return next(self.graph.parameters()).device

    def with_lifter(self, file: Path) -> BlazePose:
        """Return the victim with another lifting network.

        Raises:
            ModelFileError: The file is missing, damaged, or holds another network.
        """
        return replace(self, lifter=load_lifter(file).to(self.device), lifter_sha256=file_sha256(file))

    def find_people(self, pixels: UInt8Image) -> tuple[Person, ...]:
        """Return everybody in a picture, most confident first."""
        return self.detector.find(
            pixels, lambda to_crop: self._presence(pixels, to_crop) >= PRESENCE_THRESHOLD
        )

    def _presence(self, pixels: UInt8Image, to_crop: NDArray[np.float64]) -> float:
        """Return the landmark network's own belief that a body is in the crop, in [0, 1]."""
        crop = CropSampler.build(to_crop, self.crop_size, (pixels.shape[0], pixels.shape[1])).crop(pixels)
        with torch.inference_mode():
            (flag,) = self.graph.truncated((PRESENCE,))(crop_tensor(crop, self.device))
        return float(flag)

    def truncated(self, layer: Layer) -> nn.Module:
        """Return F^k; its output is ``(N, *layer.shape)``."""
        return SingleOutput(self.graph.truncated((self.tensors[layer.index],)), layer.shape)

    def stride(self, layer: Layer) -> float:
        """Return how many crop pixels a cell of a spatial layer covers."""
        return self.crop_size[1] / layer.shape[-1]

    def peaks(self, activation: Tensor, layer: Layer) -> Tensor:
        """Return ``(N, K, 2)``: argmax of the body's heatmaps; auxiliary channels included."""
        return argmax_points(activation, self.stride(layer))

    def surrogate(self) -> nn.Module:
        """Return the heatmap pipeline with a soft-argmax for the argmax (after BPDA, Athalye et al. 2018)."""
        if self.spec.differentiable:
            raise AttackError(f"{self.spec.name} is differentiable and needs no surrogate; choose i-fgsm")
        heatmap = self.layers[-1]
        return SurrogatePose(self.truncated(heatmap), self.lifter, self.stride(heatmap))

    def poses(
        self, crops: Tensor, *, activation: Tensor | None = None, layer: Layer | None = None
    ) -> list[Pose]:
        """Return a pose a crop ``(N, 3, H, W)``."""
        with torch.no_grad():
            if self.spec is REGRESSION_SPEC:
                return self._regressed(crops)
            last = self.layers[-1]
            heatmaps = activation if layer == last else None
            if heatmaps is None:
                heatmaps = self.truncated(last)(crops)
            return self._from_heatmaps(heatmaps.detach()[:, :BODY], self.stride(last))

    def _from_heatmaps(self, heatmaps: Tensor, stride: float) -> list[Pose]:
        points, peaks = argmax_peaks(heatmaps, stride)
        scores = peaks.sigmoid()
        lifted = lift_keypoints(self.lifter, points, scores)
        arrays = (part.cpu().numpy() for part in (points, scores, lifted))
        return [self._pose(*parts) for parts in zip(*arrays, strict=True)]

    def _regressed(self, crops: Tensor) -> list[Pose]:
        landmarks, world = self.graph.truncated((LANDMARKS, WORLD))(crops)
        landmarks = landmarks.reshape(len(crops), -1, 5)[:, :BODY].cpu()
        points = world.reshape(len(crops), -1, 3)[:, :BODY].cpu().numpy() * MILLIMETRES
        keypoints, scores = landmarks[..., :2].numpy(), landmarks[..., 3].sigmoid().numpy()
        return [self._pose(*arrays) for arrays in zip(keypoints, scores, points, strict=True)]

    def posed(self, keypoints: FloatArray, clean: Pose) -> Pose:
        """Return the pose of key points moved by hand ``(33, 2)``; a moved joint counts as seen.

        On the heatmap route its depth is what the lifter makes of them, as it would of the victim's own.
        The regression route has no lifter: there each point moves by as much as the lifted one does.
        """
        moved = (keypoints != clean.keypoints).any(axis=1)
        scores = np.where(moved, np.float32(1), clean.scores)
        points = np.stack([keypoints, clean.keypoints])
        lifted = lift_keypoints(
            self.lifter,
            torch.from_numpy(points).to(self.device),
            torch.from_numpy(np.stack([scores, scores])).to(self.device),
        )
        after, before = lifted.cpu().numpy()
        if self.spec.skeleton_3d == HUMAN36M_17:
            return self._pose(keypoints, scores, after)
        shift = convert(after - before, HUMAN36M_17, self.spec.skeleton_3d)
        shift = with_carried(shift, self.spec.skeleton_3d, np.zeros_like(shift))
        return self._pose(keypoints, scores, clean.points_mm + np.nan_to_num(shift))

    def _pose(self, *arrays: FloatArray) -> Pose:
        keypoints, scores, points = (read_only(array.astype(np.float32)) for array in arrays)
        return Pose(keypoints, scores, points, self.spec.skeleton, self.spec.skeleton_3d)


class SurrogatePose(nn.Module):
    """Heatmaps -> soft-argmax -> lifter: the broken pipeline mended where it breaks.

    The soft-argmax stands in forward as well: with the exact argmax forward, loss and gradient stay zero
    until the first peak has jumped, and an attack could never begin.
    """

    def __init__(self, heatmaps: nn.Module, lifter: Lifter, stride: float) -> None:
        super().__init__()
        self.heatmaps = heatmaps
        self.lifter = lifter
        self.grid_stride = stride

    def forward(self, crops: Tensor) -> Tensor:
        """Return the 3D pose of crops ``(N, 3, H, W)``: ``(N, 17, 3)`` millimetres."""
        heatmaps = self.heatmaps(crops)[:, :BODY]
        points = soft_argmax_points(heatmaps, self.grid_stride)
        return lift_keypoints(self.lifter, points, heatmaps.detach().amax(dim=(2, 3)).sigmoid())


def lift_keypoints(lifter: Lifter, points: Tensor, scores: Tensor) -> Tensor:
    """Return the 3D pose of BlazePose's key points: ``(N, 17, 3)`` millimetres, differentiable in them.

    Args:
        lifter: Network from Human3.6M's joints in 2D to 3D.
        points: ``(N, 33, 2)`` crop pixels.
        scores: ``(N, 33)`` in [0, 1].
    """
    mixing = _JOINT_MIXING.to(points)
    return lifter.lift(mixing @ points, scores @ mixing.T)


class SingleOutput(nn.Module):
    """A truncated graph with one output, which it returns as ``(N, *shape)``."""

    def __init__(self, network: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network
        self.shape = shape

    def forward(self, crops: Tensor) -> Tensor:
        """Return F^k of crops ``(N, 3, H, W)``."""
        (activation,) = self.network(crops)
        return activation.reshape(len(crops), *self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """Parts that both routes share: the two networks of a bundle and its hash."""

    graph: Graph
    detector: PersonDetector
    sha256: str


def load(spec: VictimSpec, device: torch.device, bundle: str | Path | None = None) -> BlazePose:
    """Load one route of BlazePose.

    Args:
        spec: Route through the network.
        device: Device to compute on.
        bundle: A ``.task`` file (lite, full or heavy); None takes the packaged one, its hash checked.

    Raises:
        ModelFileError: The bundle is missing, damaged, or not BlazePose's.
    """
    networks = _networks(Path(bundle) if bundle is not None else None, device)
    outputs = ROUTES[spec.name]
    layers, tensors = _layers(networks.graph, outputs)
    _, height, width = networks.graph.input_shape
    return BlazePose(
        spec,
        networks.graph,
        networks.detector,
        load_lifter().to(device),
        networks.sha256,
        layers,
        tensors,
        (height, width),
    )


@lru_cache(maxsize=4)
def _networks(bundle: Path | None, device: torch.device) -> Networks:
    path = bundle or find_bundle(BUNDLE)
    if bundle is None:
        verify_sha256(path, BUNDLE_SHA256)
        digest = BUNDLE_SHA256
    else:
        digest = file_sha256(path)
    files = read_bundle(path)
    for name in (DETECTOR_FILE, NETWORK_FILE):
        if name not in files:
            raise ModelFileError(f"{path.name} holds no {name}; give a MediaPipe Pose Landmarker bundle")
    graph = read_tflite(files[NETWORK_FILE], source=f"{path.name}/{NETWORK_FILE}")
    if missing := set(OUTPUT_NAMES) - set(graph.outputs):
        raise ModelFileError(f"{path.name}/{NETWORK_FILE} lacks the outputs {', '.join(sorted(missing))}")
    detector = read_tflite(files[DETECTOR_FILE], source=f"{path.name}/{DETECTOR_FILE}")
    _, height, width = graph.input_shape
    return Networks(graph.to(device), PersonDetector(detector.to(device), (height, width)), digest)


def _layers(graph: Graph, outputs: tuple[str, ...]) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """Return the route's cut points and their tensors.

    A layer is called by its part of the network, its resolution and a running number: the encoder is what
    both routes share, the decoder leads up to the heatmaps, the head down to the coordinates.
    """
    shared = set.intersection(
        *({node.name for node in graph.ancestors((end,))} for end in (HEATMAPS, LANDMARKS))
    )
    branch = "decoder" if HEATMAPS in outputs else "head"
    layers, tensors = [], []
    for node in block_outputs(graph, outputs):
        prefix = f"{'encoder' if node.name in shared else branch}.{node.shape[-1]}"
        number = 1 + sum(layer.name.startswith(f"{prefix}.") for layer in layers)
        layers.append(Layer(len(layers), f"{prefix}.{number}", node.shape))
        tensors.append(node.name)
    for name in outputs:
        shape = graph.node(name).shape
        shape = shape if len(shape) == 3 else (shape[0],)
        layers.append(Layer(len(layers), OUTPUT_NAMES[name], shape, OUTPUT_KINDS[name]))
        tensors.append(name)
    return tuple(layers), tuple(tensors)


def block_outputs(graph: Graph, outputs: tuple[str, ...]) -> list[Node]:
    """Return the meaningful cut points before some outputs, in order from the image.

    A cut point ends a block: the sum of a skip connection, or a linear bottleneck (a convolution without
    activation) that is not merely one branch of such a sum. What lies inside a block is no cut point.
    """
    route = graph.ancestors(outputs)
    names = {node.name for node in route}
    cuts = []
    for node in route:
        if node.name in outputs or len(node.shape) != 3:
            continue
        consumers = [consumer for consumer in graph.consumers(node.name) if consumer.name in names]
        bottleneck = node.op == "CONV_2D" and node.activation is None
        branch = all(consumer.op == "ADD" for consumer in consumers)
        last = all(consumer.name in outputs for consumer in consumers)
        if node.op == "ADD" or (bottleneck and not branch and not last):
            cuts.append(node)
    return cuts
