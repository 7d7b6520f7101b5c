"""Turn a request into a generator of values: numpy in, numpy out.

:meth:`Engine.attack` is a plain generator of values. The window, the command line, the figures and the
batch evaluation all read the same one; nothing in it knows who listens. Between two yields it may be
stopped, paused or dropped. What lies upstream of a change is kept: picture -> victim -> layer -> rows
-> extremes of J -> α -> C -> attack.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from kaa_gui.core.attacks.loop import Iterate, Objective, Step, advance, iterate
from kaa_gui.core.attacks.losses import find_loss
from kaa_gui.core.attacks.methods import attacked_layer, check_radius, find_method, step_count, step_size
from kaa_gui.core.attacks.prepared import NUDGE, Prepared
from kaa_gui.core.attacks.problem import Problem, pose_problem
from kaa_gui.core.attacks.references import Target, borrowed_target, place_target
from kaa_gui.core.attacks.regions import region_in_crop, region_in_picture
from kaa_gui.core.attacks.saved import in_frame, paste, sampler_of, seen_again
from kaa_gui.core.attacks.spaces import PictureSpace
from kaa_gui.core.attacks.values import FieldFrame, Frame, activation_image, field_value
from kaa_gui.core.correlation import (
    Extremes,
    choose_alpha,
    find_rule,
    make_mask,
    resolve_rows,
    select_rows,
    stream_extremes,
)
from kaa_gui.core.dragged import dragged_keypoints, dragged_places, is_dragged
from kaa_gui.core.errors import ConfigError, NoPersonError
from kaa_gui.core.painted import check_painted_for
from kaa_gui.core.pictures.annotated import annotated_joints
from kaa_gui.core.pictures.formats import SUFFIXES as PICTURE_SUFFIXES
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.targets.library import load_target
from kaa_gui.core.types import (
    AttackConfig,
    AttackRequest,
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
from kaa_gui.core.victims import Victim, load_victim
from kaa_gui.core.victims.devices import choose_device, leave_a_core_free, memory_watched
from kaa_gui.core.victims.input import crop_tensor

CACHED_FIELDS = 16
CACHED_PICTURES = 16
FIELD_INTERVAL_S = 0.1
REDETECTIONS = 4
"""Times, at least, that an attack on the picture looks for the person again, the last time at its end."""
LONGEST_UNSEEN = 5
"""Steps, at most, from one look to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One person in one picture, cut out for one victim.

    Attributes:
        picture: Picture as opened.
        people: Everybody found.
        person: The one cut out.
        sampler: The linear map from picture to crop.
        crop: ``(H, W, 3)`` uint8.
        tensor: ``(1, 3, H, W)``, the crop as the victim takes it.
        clean: The victim's pose.
    """

    picture: Picture
    people: tuple[Person, ...]
    person: Person
    sampler: CropSampler
    crop: UInt8Image
    tensor: Tensor
    clean: Pose


class Engine:
    """Load victims, cache what is expensive, and turn a request into events."""

    def __init__(
        self,
        device: str = "auto",
        bundle: str | Path | None = None,
        *,
        lifter: str | Path | None = None,
        steady: bool = False,
    ) -> None:
        """Choose the device; nothing is loaded before it is needed.

        Args:
            device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
            bundle: A BlazePose ``.task`` file in place of the packaged one.
            lifter: A safetensors file of a lifting network in place of the packaged one.
            steady: Whether nothing may be chosen by timing, so that two processes with the same number of
                torch's threads compute the same bits.

        Raises:
            DeviceError: The device is not there.
        """
        self.device = choose_device(device)
        leave_a_core_free()
        self._bundle, self._lifter, self._steady = bundle, lifter, steady
        self._victims: dict[str, Victim] = {}
        self._people: OrderedDict[tuple[str, str], tuple[Person, ...]] = OrderedDict()
        self._extremes: OrderedDict[tuple[object, ...], Extremes] = OrderedDict()

    @property
    def loaded(self) -> frozenset[str]:
        """Names of the victims that are in memory."""
        return frozenset(self._victims)

    def borrow(self, other: Engine) -> None:
        """Take over what another engine on the same device has finished, to work beside it in a thread."""
        self._victims |= other._victims
        self._people |= other._people
        # a field that is still being read belongs to the thread that reads it
        self._extremes |= {key: field for key, field in [*other._extremes.items()] if field.complete}

    def victim(self, name: str) -> Victim:
        """Return a loaded victim."""
        if name not in self._victims:
            self._victims[name] = load_victim(name, self.device, self._bundle, lifter=self._lifter)
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
        people = request.people
        if people is None:
            people = self.people(request.picture, request.config.victim)
        if not 0 <= request.person < len(people):
            raise NoPersonError(
                f"person must be from 0 to {len(people) - 1} in {request.picture.name}, got {request.person}"
            )
        person = people[request.person]
        height, width = request.picture.pixels.shape[:2]
        sampler = CropSampler.build(person.to_crop, victim.crop_size, (height, width))
        crop = read_only(sampler.crop(request.picture.pixels))
        tensor = crop_tensor(crop, self.device)
        (clean,) = victim.poses(tensor)
        return Subject(request.picture, people, person, sampler, crop, tensor, clean)

    def attack(self, request: AttackRequest) -> Generator[Event, AttackConfig | None, None]:
        """Run an attack: one Scene, the growing CorrelationField if the mask needs it, Snapshots.

        A changed configuration may be sent in at any Snapshot: its ``epsilon``, ``step_size`` and
        ``iterations`` hold from the next step on; its other fields are ignored.

        Raises:
            KaaError: The request cannot be met; nothing was computed in vain.
        """
        with memory_watched(self.device):
            prepared = yield from self.prepare(request)
            yield from self._run(prepared)

    def prepare(self, request: AttackRequest) -> Generator[Event, AttackConfig | None, Prepared]:
        """Do all that comes before the first step: find the person, read the correlations, make the mask."""
        config = request.config
        victim = self.victim(config.victim)
        layer = attacked_layer(config, victim.spec, victim.layers)
        rule = find_rule(config.mask or find_method(config.method).mask)
        check_radius(config, victim.crop_size)
        check_painted_for(config.region_mask, request.picture.pixels.shape)
        find_loss(config.loss, layer.kind)
        subject = self.subject(request)
        target = self._target(config, subject.clean, subject.crop)
        pose = target.pose if target else None
        scene = self._scene(subject, victim, layer, target)
        yield scene
        problem = self._problem(config, layer, subject, target, crop=subject.tensor)
        attackable = subject.sampler.inside & region_in_crop(subject.sampler, config)
        if not attackable.any():
            raise ConfigError("region must meet the attacked person's crop; draw it around the person")
        inside = torch.from_numpy(attackable).to(self.device).expand(3, -1, -1)
        score, alpha = None, float("nan")
        if rule.score is not None:
            rows = resolve_rows(config.rows, layer)
            stages = FieldFrame(rows, layer, subject.sampler.inside, attackable, config.per)
            extremes = yield from self._correlations(victim, problem, subject, config, frame=stages)
            extremes = extremes.per_pixel() if config.per == "pixel" else extremes
            score = rule.score(extremes.maximum, extremes.minimum)
        elif rule.gradient:
            score = self._steepness(problem, subject, config)
        if score is not None:
            alpha = choose_alpha(score, alpha=config.alpha, keep=config.kept_fraction, inside=inside)
        mask = make_mask(rule, score, alpha, inside=inside, seed=config.seed, per=config.per)
        shown = read_only(mask.permute(1, 2, 0).cpu().numpy())
        began, activation = time.perf_counter(), activation_image(problem.activation)
        frame = Frame(subject.clean, pose, layer, shown, alpha, config, began, activation)
        clean, space = subject.tensor, problem.objective.space
        if config.space == "picture":
            space = PictureSpace.around(subject.sampler, request.picture.pixels, space.jitter, self.device)
            # one step has no time to find its way back from where rounding puts it
            stepwise = not find_method(config.method).single_step
            problem = replace(problem, objective=replace(problem.objective, space=space, quantise=stepwise))
            region = region_in_picture(config, request.picture.pixels.shape)
            clean, mask = space.clean, space.mask(shown, region)
        return Prepared(victim, problem, clean, mask, frame, scene, target, request.redetect)

    def _steepness(self, problem: Problem, subject: Subject, config: AttackConfig) -> Tensor:
        """Return the magnitude of the loss's gradient where the attack starts, ``(3, H, W)``."""
        start = subject.tensor
        if problem.random_start:
            noise = torch.rand(start.shape, generator=torch.Generator().manual_seed(config.seed)) * 2 - 1
            start = start + noise.to(start) * NUDGE * config.epsilon
        gradient = problem.objective.ascent(start)[2][0].abs()
        return gradient.amax(dim=0).expand_as(gradient) if config.per == "pixel" else gradient

    def loss_of(self, scene: Scene, config: AttackConfig, pixels: UInt8Image) -> float:
        """Return an attack's loss for another version of its picture, read through the clean crop."""
        target = self._target(config, scene.clean, scene.crop)
        clean = crop_tensor(scene.crop, self.device)
        problem = self._problem(config, scene.layer, scene, target, crop=clean)
        other = crop_tensor(sampler_of(scene).crop(pixels), self.device)
        with torch.no_grad():
            return float(problem.objective.value(other)[0][0])

    def _problem(
        self,
        config: AttackConfig,
        layer: Layer,
        seen: Subject | Scene,
        target: Target | None,
        *,
        crop: Tensor,
    ) -> Problem:
        victim, truth = self.victim(config.victim), None
        if config.reference == "truth":
            truth = annotated_joints(seen.picture, seen.person, victim.crop_size, victim.spec.skeleton)
        return pose_problem(victim, layer, config, crop, clean=seen.clean, target=target, truth=truth)

    def _target(self, config: AttackConfig, clean: Pose, crop: UInt8Image) -> Target | None:
        """Return what a targeted attack is driven to: a pose by name, file, picture, or made by hand."""
        if config.target is None:
            return None
        side = crop.shape[1]
        if is_dragged(config.target):
            keypoints = dragged_keypoints(clean, dragged_places(config.target), side)
            digest = hashlib.sha256(config.target.encode()).hexdigest()
            return Target(self.victim(config.victim).posed(keypoints, clean), None, digest)
        if Path(config.target).suffix.lower() in PICTURE_SUFFIXES:
            picture = load_picture(config.target)
            try:
                other = self.subject(AttackRequest(picture, config))
            except NoPersonError:
                raise NoPersonError(
                    f"target {picture.name}: nobody is found in it; choose a picture of a whole person"
                ) from None
            pose = borrowed_target(clean, other.clean, side)
            return Target(pose, other.tensor, picture.sha256)
        wanted = load_target(config.target)
        pose = place_target(clean, wanted.points(clean.skeleton), wanted.points(clean.skeleton_3d), side)
        if wanted.picture is None:
            return Target(pose, None, wanted.sha256)
        pixels = load_picture(wanted.picture).pixels
        resized = cv2.resize(pixels, crop.shape[1::-1], interpolation=cv2.INTER_AREA)
        return Target(pose, crop_tensor(resized.astype(np.uint8), self.device), wanted.sha256)

    def _scene(self, subject: Subject, victim: Victim, layer: Layer, target: Target | None) -> Scene:
        return Scene(
            subject.picture,
            subject.people,
            subject.person,
            subject.crop,
            subject.clean,
            layer,
            victim.layers,
            victim.spec,
            str(self.device),
            target.pose if target else None,
            target.sha256 if target else None,
        )

    def _correlations(
        self,
        victim: Victim,
        problem: Problem,
        subject: Subject,
        config: AttackConfig,
        *,
        frame: FieldFrame,
    ) -> Generator[Event, AttackConfig | None, Extremes]:
        """Stream what is missing of the field, yielding it as it grows; a complete one is yielded once."""
        rule, layer = frame.rows, frame.layer
        seed = config.seed if rule.startswith("sample") else 0
        place = subject.person.to_crop.tobytes()
        key = (subject.picture.sha256, place, config.victim, layer.name, rule, seed)
        if key not in self._extremes:
            peaks = None
            if layer.kind == "heatmap":
                peaks = (
                    (victim.peaks(problem.activation, layer)[0] / victim.stride(layer)).floor().long().cpu()
                )
            rows = select_rows(rule, layer, peaks, seed=seed)
            self._extremes[key] = Extremes.empty(rows, subject.tensor[0])
        extremes = self._extremes[key]
        self._extremes.move_to_end(key)
        while len(self._extremes) > CACHED_FIELDS:
            self._extremes.popitem(last=False)
        shown = -np.inf
        for _ in stream_extremes(problem.network, subject.tensor, extremes, steady=self._steady):
            if time.perf_counter() - shown >= FIELD_INTERVAL_S and not extremes.complete:
                yield field_value(extremes, frame, extremes.seconds_left)
                shown = time.perf_counter()
        yield field_value(extremes, frame, 0.0)
        return extremes

    def _run(self, prepared: Prepared) -> Generator[Event, AttackConfig | None, None]:
        """Show every iterate of every restart; last comes the last iterate or, if asked for, the best one.

        An attack on the picture looks for the person again on the way, attacks the crop found as well, and
        ends on the iterate that does best in the crop that is found in it.
        """
        frame = prepared.frame
        config, offset, best = frame.config, 0, None
        choosing = config.keep_best or config.restarts > 1
        follows = prepared.redetect and config.space == "picture"
        redetected: tuple[Metrics, ...] = ()
        for restart in range(config.restarts):
            ball, start = prepared.ball(config), prepared.start(config, restart)
            objective = prepared.problem.objective
            points = iterate(objective, ball, start, live_step(config), momentum=config.momentum)
            live, number = None, offset
            while (point := advance(points, live)) is not None:
                snapshot, beside = prepared.snapshot(point, config, offset=offset), None
                number = snapshot.iteration
                if (snapshot.metrics.success and config.stop_at_success) or (
                    follows and _looks_again(point, step_count(config))
                ):
                    measured, person = self._judged(prepared, snapshot)
                    redetected = (*redetected, measured)
                    if follows and person is not None and not point.final:
                        beside = self._beside(prepared, person)
                snapshot = replace(snapshot, redetected=redetected)
                if not follows or snapshot.judged is not None:
                    best = snapshot if best is None or _better(snapshot, best) else best
                arrived = _arrived(snapshot)
                last = arrived or (point.final and restart == config.restarts - 1)
                selecting = choosing or (follows and not arrived and best is not snapshot)
                shown = time.perf_counter()
                changed = yield replace(snapshot, final=last and not selecting)
                prepared = prepared.resumed(time.perf_counter() - shown)
                if last:
                    if selecting and best is not None:
                        yield replace(best, redetected=redetected, final=True)
                    return
                config, live = _with_live_changes(config, changed)
                if beside is not None:
                    live = replace(live or live_step(config), objective=beside)
            offset = number + 1

    def _judged(self, prepared: Prepared, snapshot: Snapshot) -> tuple[Metrics, Person | None]:
        """Measure an iterate as it would be saved; return also the person as found in it."""
        scene = prepared.scene
        pixels = paste(scene, snapshot, sampler_of(scene))
        measured, _, person = seen_again(
            prepared.victim, scene, pixels, snapshot.config, redetect=prepared.redetect
        )
        return replace(measured, iteration=snapshot.iteration), person

    def _beside(self, prepared: Prepared, person: Person) -> Objective:
        """Return the objective that attacks the crop of a person detected anew beside the clean picture's."""
        scene, victim = prepared.scene, prepared.victim
        objective = prepared.problem.objective
        if not isinstance(objective.space, PictureSpace):
            return objective
        size, pixels = scene.crop.shape[:2], scene.picture.pixels
        crop = CropSampler.build(person.to_crop, size, pixels.shape[:2]).crop(pixels)
        tensor, target = crop_tensor(crop, self.device), prepared.target
        (clean,) = victim.poses(tensor)
        if target is not None:
            moved = in_frame(target.pose, scene.person.to_crop, person.to_crop)
            target = replace(target, pose=moved)
        seen = replace(scene, person=person, crop=crop, clean=clean)
        problem = self._problem(prepared.frame.config, scene.layer, seen, target, crop=tensor)
        return replace(
            objective, space=objective.space.beside(person.to_crop), others=(problem.objective.reference,)
        )


def _arrived(snapshot: Snapshot) -> bool:
    """Whether an attack that stops at its success has it."""
    config, judged = snapshot.config, snapshot.judged
    if config.stop_in_memory and snapshot.metrics.success:
        return True
    return config.stop_at_success and judged is not None and judged.success


def _looks_again(point: Iterate, steps: int) -> bool:
    """Whether the person is detected again at this iterate: every few steps, four times at least."""
    interval = min(-(-steps // REDETECTIONS), LONGEST_UNSEEN)
    return point.final or (point.iteration > 0 and point.iteration % interval == 0)


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
            # the best iterate, shown again at the end, is already in the trajectory
            if not trajectory or event.iteration > trajectory[-1].iteration:
                trajectory.append(event.metrics)
    if scene is None:
        raise ValueError("an attack yields a Scene first")
    return Run(scene, field, tuple(snapshots), tuple(trajectory))


def live_step(config: AttackConfig) -> Step:
    """Return what of a configuration may change while the loop runs."""
    return Step(config.epsilon, step_size(config), step_count(config))


def _with_live_changes(
    config: AttackConfig, changed: AttackConfig | None
) -> tuple[AttackConfig, Step | None]:
    """Take up what may change in a running attack."""
    if changed is None:
        return config, None
    config = config.with_changes(
        epsilon=changed.epsilon, step_size=changed.step_size, iterations=changed.iterations
    )
    return config, live_step(config)


def _better(first: Snapshot, second: Snapshot) -> bool:
    """Whether the first iterate serves the goal better: nearer the target, or farther from the clean pose.

    Judged by the picture detected anew where that was measured.
    """
    return _merit(first) > _merit(second)


def _merit(snapshot: Snapshot) -> tuple[bool, float]:
    judged, targeted = snapshot.judged, snapshot.target is not None
    if judged is None:
        metrics = snapshot.metrics
        return False, -metrics.target_error_px if targeted else metrics.displacement_px
    if np.isnan(judged.displacement_px):
        return False, -np.inf
    # what the criterion of success reads, where the victim gives depths
    distance = -judged.target_error_mm if targeted else judged.pose_error_mm
    if np.isnan(distance):
        distance = -judged.target_error_px if targeted else judged.displacement_px
    return judged.success, distance
