"""The door: numpy in, numpy out.

:meth:`Engine.attack` is a plain generator of values. The window, the command line, the figures and the
batch evaluation all read the same one; nothing in it knows who listens. Between two yields it may be
stopped, paused or dropped. What lies upstream of a change is kept: picture -> victim -> layer -> rows
-> extremes of J -> α -> C -> attack.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from kaa_gui.core import metrics
from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.jitter import Jitter
from kaa_gui.core.attacks.losses import find_loss
from kaa_gui.core.attacks.loop import Iterate, Objective, Step, iterate
from kaa_gui.core.attacks.methods import find_method, step_size
from kaa_gui.core.attacks.references import clean_reference
from kaa_gui.core.correlation import (
    Extremes,
    choose_alpha,
    find_rule,
    make_mask,
    resolve_rows,
    select_rows,
    stream_extremes,
)
from kaa_gui.core.devices import choose_device, leave_a_core_free
from kaa_gui.core.errors import NoPersonError
from kaa_gui.core.image import CropSampler
from kaa_gui.core.types import (
    GREY_LEVELS,
    AttackConfig,
    AttackRequest,
    BoolArray,
    CorrelationField,
    Event,
    Layer,
    Metrics,
    Person,
    Picture,
    Pose,
    Run,
    Scene,
    Snapshot,
    UInt8Image,
    VictimSpec,
    read_only,
)
from kaa_gui.core.victims import Victim, find_layer, load_victim

CACHED_FIELDS = 8
CACHED_PICTURES = 4
FIELD_INTERVAL_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One person in one picture, cut out for one victim.

    Attributes:
        picture: As opened.
        people: Everybody found.
        person: The one cut out.
        sampler: The linear map from picture to crop.
        crop: ``(H, W, 3)`` uint8.
        clean: The victim's pose.
    """

    picture: Picture
    people: tuple[Person, ...]
    person: Person
    sampler: CropSampler
    crop: UInt8Image
    clean: Pose


class Engine:
    """Loads victims, caches what is dear, and turns a request into events."""

    def __init__(self, device: str = "auto", bundle: str | Path | None = None) -> None:
        """Choose the device; nothing is loaded before it is needed.

        Args:
            device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
            bundle: A BlazePose ``.task`` file in place of the packaged one.

        Raises:
            DeviceError: The device is not there.
        """
        self.device = choose_device(device)
        leave_a_core_free()
        self._bundle = bundle
        self._victims: dict[str, Victim] = {}
        self._people: OrderedDict[tuple[str, str], tuple[Person, ...]] = OrderedDict()
        self._extremes: OrderedDict[tuple[object, ...], Extremes] = OrderedDict()

    def victim(self, name: str) -> Victim:
        """Return a loaded victim."""
        if name not in self._victims:
            self._victims[name] = load_victim(name, self.device, self._bundle)
        return self._victims[name]

    def layers(self, victim: str) -> tuple[Layer, ...]:
        """Return the cut points of a victim's route, from the image on."""
        return self.victim(victim).layers

    def spec(self, victim: str) -> VictimSpec:
        """Return what a victim says of itself."""
        return self.victim(victim).spec

    def people(self, picture: Picture, victim: str) -> tuple[Person, ...]:
        """Return everybody in a picture, most confident first, or raise NoPersonError."""
        key = (picture.sha256, victim)
        if key not in self._people:
            self._people[key] = self.victim(victim).find_people(picture.pixels)
            while len(self._people) > CACHED_PICTURES:
                self._people.popitem(last=False)
        return self._people[key]

    def subject(self, request: AttackRequest) -> Subject:
        """Find and cut out the requested person.

        Raises:
            NoPersonError: Nobody is found, or fewer people than the number asked for.
        """
        victim = self.victim(request.config.victim)
        people = self.people(request.picture, request.config.victim)
        if not 0 <= request.person < len(people):
            raise NoPersonError(
                f"person must be from 0 to {len(people) - 1} in {request.picture.name}, got {request.person}"
            )
        person = people[request.person]
        height, width = request.picture.pixels.shape[:2]
        sampler = CropSampler.build(person.to_crop, victim.crop_size, (height, width))
        crop = read_only(sampler.crop(request.picture.pixels))
        (clean,) = victim.poses(self._tensor(crop))
        return Subject(request.picture, people, person, sampler, crop, clean)

    def attack(self, request: AttackRequest) -> Generator[Event, AttackConfig | None, None]:
        """Run an attack: one Scene, the growing CorrelationField if the mask needs it, Snapshots.

        A changed configuration may be sent in at any Snapshot: its ``epsilon``, ``step_size`` and
        ``iterations`` hold from the next step on; its other fields are ignored.

        Raises:
            KaaError: The request cannot be met; nothing was computed in vain.
        """
        config = request.config
        victim = self.victim(config.victim)
        layer = find_layer(victim.layers, config.layer)
        method = find_method(config.method)
        rule = find_rule(config.mask or method.mask)
        _, loss = find_loss(config.loss, layer.kind, targeted=config.goal == "target")
        subject = self.subject(request)
        yield Scene(
            subject.picture,
            subject.people,
            subject.person,
            subject.crop,
            subject.clean,
            layer,
            victim.layers,
            victim.spec,
            str(self.device),
        )
        crop = self._tensor(subject.crop)
        inside = torch.from_numpy(subject.sampler.inside).to(self.device).expand(3, -1, -1)
        network = victim.truncated(layer)
        with torch.no_grad():
            activation = network(crop)
        extremes, alpha = None, float("nan")
        if rule.select is not None:
            extremes = yield from self._correlations(victim, layer, network, activation, subject, config)
            alpha = choose_alpha(extremes.strength * inside, alpha=config.alpha, keep=config.keep)
        mask = make_mask(rule, extremes, alpha, inside=inside, seed=config.seed)
        reference = clean_reference(victim, layer, activation, subject.clean)
        jitter = Jitter(config.views, torch.Generator().manual_seed(config.seed))
        objective = Objective(network, loss, reference, sign=1, jitter=jitter)
        yield from self._iterate(victim, layer, objective, subject, crop, mask, alpha, config)

    def loss_of(self, scene: Scene, config: AttackConfig, pixels: UInt8Image) -> float:
        """Return an attack's loss for another version of its picture, read through the clean crop."""
        victim = self.victim(config.victim)
        network = victim.truncated(scene.layer)
        height, width = scene.picture.pixels.shape[:2]
        sampler = CropSampler.build(scene.person.to_crop, victim.crop_size, (height, width))
        _, loss = find_loss(config.loss, scene.layer.kind, targeted=config.goal == "target")
        with torch.no_grad():
            activation = network(self._tensor(scene.crop))
            reference = clean_reference(victim, scene.layer, activation, scene.clean)
            return float(loss.distance(network(self._tensor(sampler.crop(pixels))), reference)[0])

    def _correlations(
        self,
        victim: Victim,
        layer: Layer,
        network: nn.Module,
        activation: Tensor,
        subject: Subject,
        config: AttackConfig,
    ) -> Generator[Event, AttackConfig | None, Extremes]:
        """Stream what is missing of the field, yielding it as it grows; a complete one is yielded once."""
        rule = resolve_rows(config.rows, layer)
        seed = config.seed if rule.startswith("sample") else 0
        key = (subject.picture.sha256, subject.person.number, config.victim, layer.name, rule, seed)
        crop = self._tensor(subject.crop)
        if key not in self._extremes:
            peaks = None
            if layer.kind == "heatmap":
                peaks = (victim.peaks(activation, layer)[0] / victim.stride(layer)).floor().long().cpu()
            rows = select_rows(rule, layer, peaks, seed=seed)
            self._extremes[key] = Extremes.empty(rows, crop[0])
        extremes = self._extremes[key]
        self._extremes.move_to_end(key)
        while len(self._extremes) > CACHED_FIELDS:
            self._extremes.popitem(last=False)
        first, began = extremes.done, time.perf_counter()
        shown = -FIELD_INTERVAL_S
        for _ in stream_extremes(network, crop, extremes):
            spent = time.perf_counter() - began
            if spent - shown >= FIELD_INTERVAL_S and not extremes.complete:
                shown = spent
                left = spent / (extremes.done - first) * (len(extremes.rows) - extremes.done)
                yield _field(extremes, rule, layer, left, subject.sampler.inside)
        yield _field(extremes, rule, layer, 0.0, subject.sampler.inside)
        return extremes

    def _iterate(
        self,
        victim: Victim,
        layer: Layer,
        objective: Objective,
        subject: Subject,
        crop: Tensor,
        mask: Tensor,
        alpha: float,
        config: AttackConfig,
    ) -> Generator[Event, AttackConfig | None, None]:
        """Run the loop and show every iterate."""
        epsilon = torch.full((1, 1, 1, 1), config.epsilon, device=crop.device)
        ball = Ball.around(crop, epsilon=epsilon, mask=mask[None], norm=config.norm)
        start = crop
        if objective.loss.zero_at_clean and not find_method(config.method).single_step:
            start = ball.random_point(torch.Generator().manual_seed(config.seed))
        steps = iterate(objective, ball, start, _step(config))
        shown_mask = read_only(mask.permute(1, 2, 0).cpu().numpy())
        began, live = time.perf_counter(), None
        while True:
            try:
                iterate_now = steps.send(live)
            except StopIteration:
                return
            (attacked,) = victim.poses(iterate_now.images, activation=iterate_now.activation, layer=layer)
            spent = time.perf_counter() - began
            snapshot = _snapshot(iterate_now, subject.clean, attacked, shown_mask, alpha, config, spent)
            changed = yield snapshot
            if changed is not None:
                config = config.with_changes(
                    epsilon=changed.epsilon, step_size=changed.step_size, iterations=changed.iterations
                )
            live = None if changed is None else _step(config)

    def _tensor(self, pixels: UInt8Image) -> Tensor:
        image = torch.from_numpy(np.array(pixels)).to(self.device).permute(2, 0, 1)[None]
        return (image.float() / GREY_LEVELS).contiguous(memory_format=torch.channels_last)


def collect(events: Iterable[Event]) -> Run:
    """Read an attack to its end, keeping its first and last iterate and every metric.

    Raises:
        KaaError: From the attack.
    """
    scene, field = None, None
    snapshots: list[Snapshot] = []
    trajectory: list[Metrics] = []
    for event in events:
        if isinstance(event, Scene):
            scene = event
        elif isinstance(event, CorrelationField):
            field = event
        else:
            snapshots = [*snapshots[:1], event]
            trajectory.append(event.metrics)
    if scene is None:
        raise ValueError("an attack yields a Scene first")
    return Run(scene, field, tuple(snapshots), tuple(trajectory))


def _step(config: AttackConfig) -> Step:
    return Step(config.epsilon, step_size(config), config.iterations)


def _field(
    extremes: Extremes, rows: str, layer: Layer, seconds_left: float, inside: BoolArray
) -> CorrelationField:
    # where the crop reaches beyond the picture there is nothing to perturb, hence nothing to correlate
    maximum, minimum = (
        read_only(image.permute(1, 2, 0).cpu().numpy() * inside[:, :, None])
        for image in (extremes.maximum, extremes.minimum)
    )
    return CorrelationField(maximum, minimum, extremes.done, len(extremes.rows), rows, layer, seconds_left)


def _snapshot(
    iterate_now: Iterate,
    clean: Pose,
    attacked: Pose,
    mask: BoolArray,
    alpha: float,
    config: AttackConfig,
    elapsed_s: float,
) -> Snapshot:
    ball, images = iterate_now.ball, iterate_now.images
    change = ((images - ball.clean)[0] * GREY_LEVELS).permute(1, 2, 0).cpu().numpy()
    rounded = (ball.rounded(images)[0] * GREY_LEVELS).round().byte().permute(1, 2, 0).cpu().numpy()
    values = Metrics(
        iteration=iterate_now.iteration,
        loss=float(iterate_now.loss[0]),
        displacement_px=metrics.displacement_px(clean, attacked),
        pose_error_mm=metrics.mpjpe_mm(clean.points_mm, attacked.points_mm),
        perturbation_rmse=metrics.rmse_grey(change),
        perturbation_max=float(np.abs(change).max()),
    )
    return Snapshot(
        iteration=iterate_now.iteration,
        iterations=config.iterations,
        adversarial=read_only(np.ascontiguousarray(rounded)),
        perturbation=read_only(np.ascontiguousarray(change)),
        mask=mask,
        clean=clean,
        attacked=attacked,
        target=None,
        metrics=values,
        config=config,
        alpha=alpha,
        elapsed_s=elapsed_s,
        final=iterate_now.final,
    )
