"""Run many attacks in one pass: N pictures × M configurations, each with its own ball and mask."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.loop import Iterate, Step, advance, iterate
from kaa_gui.core.attacks.losses import Reference
from kaa_gui.core.attacks.methods import step_size, view_count
from kaa_gui.core.attacks.prepared import Prepared
from kaa_gui.core.attacks.spaces import CropSpace, Jitter
from kaa_gui.core.errors import AttackError, ConfigError, DeviceMemoryError, MemberError
from kaa_gui.core.types import AttackConfig, AttackRequest, CorrelationField, Metrics, Run, Scene, Snapshot
from kaa_gui.core.victims.devices import memory_watched
from kaa_gui.engine.engine import Engine, live_step

SHARED = (
    "victim",
    "method",
    "layer",
    "loss",
    "reference",
    "goal",
    "norm",
    "iterations",
    "views",
    "momentum",
    "quantise",
)
"""Fields in which all members of a batch must agree: they decide the network, the loss and the loop."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One attack of a batch, ready to run."""

    scene: Scene
    field: CorrelationField | None
    prepared: Prepared


def attack_batch(engine: Engine, requests: Sequence[AttackRequest]) -> list[Run]:
    """Run several attacks at once and return their runs, in the order of the requests.

    A member whose configuration says ``stop_in_memory`` stays where it first succeeded.

    Raises:
        ConfigError: The requests differ in a field of :data:`SHARED`, or ask for restarts.
        AttackError: One of them cannot go on.
    """
    _check(requests)
    runs = []
    for end in run_members([prepare_member(engine, request) for request in requests]):
        if isinstance(end, AttackError):
            raise end
        runs.append(end)
    return runs


def shared_by(config: AttackConfig) -> Hashable:
    """Return what configurations must have in common to run in one batch; None for one that runs alone."""
    alone = config.keep_best or config.smallest or config.stop_at_success
    if alone or config.restarts > 1 or config.space == "picture":
        return None
    return tuple(getattr(config, name) for name in SHARED)


def prepare_member(engine: Engine, request: AttackRequest) -> Member:
    """Do all that comes before the first step.

    Raises:
        KaaError: The request cannot be met.
    """
    events = engine.prepare(request)
    scene, field = None, None
    with memory_watched(engine.device):
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                if scene is None:
                    raise ValueError("preparing an attack yields a Scene first") from None
                return Member(scene, field, end.value)
            if isinstance(event, Scene):
                scene = event
            elif isinstance(event, CorrelationField):
                field = event


def run_members(members: Sequence[Member | None]) -> list[Run | AttackError | None]:
    """Run prepared attacks at once.

    Args:
        members: That agree in :data:`SHARED`. None is an empty place, held by a copy of another member: the
            size of a batch may decide the last bits of a sum, and none of them is to depend on who is lost.

    Returns:
        For each its run, or why it could not go on; None for an empty place.

    Raises:
        DeviceMemoryError: There are too many of them.
    """
    left, lost = list(members), dict[int, AttackError]()
    while standing := next((member for member in left if member is not None), None):
        present = [member or standing for member in left]
        try:
            with memory_watched(standing.prepared.clean.device):
                runs = _runs(present)
        except MemberError as error:
            # a copy shares its original's fate, and may be the first of them
            number = left.index(present[error.number])
            left[number], lost[number] = None, AttackError(error.reason)
            continue
        except DeviceMemoryError as error:
            raise DeviceMemoryError(f"{error}, or smaller batches") from error
        return [
            lost.get(number) if member is None else run
            for number, (member, run) in enumerate(zip(left, runs, strict=True))
        ]
    return [lost.get(number) for number in range(len(members))]


def _check(requests: Sequence[AttackRequest]) -> None:
    for request in requests:
        first = requests[0].config
        for name in SHARED:
            if getattr(request.config, name) != getattr(first, name):
                raise ConfigError(
                    f"{name} must be the same in a batch, got {getattr(first, name)!r} and "
                    f"{getattr(request.config, name)!r}; run them one after another"
                )
        if shared_by(request.config) is None:
            raise ConfigError(
                "restarts, keep_best, smallest, stop_at_success and space picture don't apply to a batch; "
                "run these one after another"
            )


def _runs(members: Sequence[Member]) -> list[Run]:
    trajectories: list[list[Metrics]] = [[] for _ in members]
    newest: list[Snapshot | None] = [None for _ in members]
    for snapshots in _iterate(members):
        for number, snapshot in enumerate(snapshots):
            if (last := newest[number]) is None or not _arrived(last):
                trajectories[number].append(snapshot.metrics)
                newest[number] = snapshot
    return [
        Run(member.scene, member.field, (replace(snapshot, final=True),), tuple(trajectory))
        for member, snapshot, trajectory in zip(members, newest, trajectories, strict=True)
        if snapshot is not None
    ]


def _arrived(snapshot: Snapshot) -> bool:
    return snapshot.config.stop_in_memory and snapshot.metrics.success


def _iterate(members: Sequence[Member]) -> Iterator[list[Snapshot]]:
    prepared = [member.prepared for member in members]
    configs = [each.frame.config for each in prepared]
    reference = Reference.joined([each.problem.objective.reference for each in prepared])
    objective = replace(prepared[0].problem.objective, reference=reference, space=_space(configs))
    ball = _ball(prepared, configs)
    start = torch.cat([each.start(config) for each, config in zip(prepared, configs, strict=True)])
    lengths = _column([step_size(config) for config in configs], start)
    step = replace(live_step(configs[0]), step_size=lengths)
    points = iterate(objective, ball, start, step, momentum=configs[0].momentum)
    live: Step | None = None
    while (point := advance(points, live)) is not None:
        snapshots = [_snapshot(each, point, number) for number, each in enumerate(prepared)]
        yield snapshots
        stopped = [_arrived(snapshot) for snapshot in snapshots]
        if all(stopped):
            return
        # a step of length zero holds a member that has arrived; the others go on
        held = lengths * (1 - _column([float(stop) for stop in stopped], lengths))
        live = replace(step, step_size=held) if any(stopped) else None


def _space(configs: Sequence[AttackConfig]) -> CropSpace:
    """Return the crops with the views that each member would get alone."""
    generators = tuple(torch.Generator().manual_seed(config.seed) for config in configs)
    return CropSpace(Jitter(view_count(configs[0]), generators))


def _snapshot(prepared: Prepared, point: Iterate, number: int) -> Snapshot:
    """Return one member's iterate."""
    part = slice(number, number + 1)
    alone = replace(
        point,
        images=point.images[part],
        loss=point.loss[part],
        activation=point.activation[part],
        ball=point.ball.member(number),
    )
    return prepared.snapshot(alone, prepared.frame.config)


def _ball(prepared: Sequence[Prepared], configs: Sequence[AttackConfig]) -> Ball:
    clean = torch.cat([each.clean for each in prepared])
    mask = torch.stack([each.mask for each in prepared])
    epsilon = _column([config.epsilon for config in configs], clean)
    return Ball.around(clean, epsilon=epsilon, mask=mask, norm=configs[0].norm)


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).reshape(-1, 1, 1, 1)
