"""Measure the attack loop against bare torch and against its peers."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

import torch
from torch import Tensor

from kaa_gui.bench.clock import Clock, interleaved
from kaa_gui.bench.peers import AsClassifier, NaiveNetwork, foolbox_run, torchattacks_run, trainable
from kaa_gui.bench.setting import Setting
from kaa_gui.core.attacks.loop import Objective, Step, iterate
from kaa_gui.core.attacks.spaces import PLAIN
from kaa_gui.core.attacks.values import Frame, snapshot_value
from kaa_gui.core.types import GREY_LEVELS, AttackConfig
from kaa_gui.core.victims.blazepose import HEATMAPS

EPSILON = 2 / GREY_LEVELS
STEP = EPSILON / 4
SWEEP = tuple(level / GREY_LEVELS for level in (0.5, 1, 1.5, 2, 3, 4, 6, 8))


def loop_over_bare(setting: Setting, *, steps: int, clock: Clock) -> float:
    """Return the time of a step with its snapshot, in passes forward and back; step by step in turns."""
    objective, network, start = setting.objective(), setting.network, _start(setting)
    ours = with_snapshots(setting, objective, start, _frame(setting, steps + 2))

    def bare() -> None:
        images = start.detach().requires_grad_()
        loss = objective.loss.distance(network(images), objective.reference)
        torch.autograd.grad(loss.sum(), images)

    medians = interleaved({"ours": lambda: next(ours), "bare": bare}, repeats=steps, clock=clock)
    ours.close()
    return medians["ours"] / medians["bare"]


def over_peers(setting: Setting, *, steps: int, repeats: int, clock: Clock) -> dict[str, float | None]:
    """Return each peer's time over ours, for the same number of steps, snapshots included in ours."""
    objective, start = setting.objective(), _start(setting)
    frame = _frame(setting, steps)
    tasks: dict[str, Callable[[], object]] = {
        "ours": lambda: list(with_snapshots(setting, objective, start, frame))
    }
    given = {"epsilon": EPSILON, "step": STEP, "steps": steps}
    frozen = setting.network
    network = trainable(frozen)
    naive = NaiveNetwork(setting.victim.graph, setting.victim.graph.outputs.index(HEATMAPS))
    peers = {
        "torchattacks": torchattacks_run(AsClassifier(network, objective), start, **given),
        "foolbox": foolbox_run(AsClassifier(network, objective), start, **given),
        "foolbox_frozen": foolbox_run(AsClassifier(frozen, objective), start, **given),
        "naive_import": torchattacks_run(AsClassifier(naive, objective), start.contiguous(), **given),
    }
    tasks |= {name: run for name, run in peers.items() if run is not None}
    medians = interleaved(tasks, repeats=repeats, clock=clock)
    return {
        f"{name}_over_ours": medians[name] / medians["ours"] if name in medians else None for name in peers
    }


def sweep_over_batch(setting: Setting, *, steps: int, repeats: int, clock: Clock) -> float:
    """Return the time of a sweep of ε, one after another, over that of one batch."""
    single, batch = setting.objective(), setting.objective(len(SWEEP))

    def run(objective: Objective, epsilons: tuple[float, ...]) -> None:
        ball = setting.ball(*epsilons)
        start = ball.random_point(torch.Generator().manual_seed(0))
        for _ in iterate(objective, ball, start, Step(EPSILON, ball.epsilon / 4, steps)):
            pass

    tasks = {
        "one by one": lambda: [run(single, (epsilon,)) for epsilon in SWEEP],
        "batch": lambda: run(batch, SWEEP),
    }
    medians = interleaved(tasks, repeats=repeats, clock=clock)
    return medians["one by one"] / medians["batch"]


def with_snapshots(
    setting: Setting, objective: Objective, start: Tensor, frame: Frame
) -> Generator[object, None, None]:
    """Run the loop as the engine does, yielding every snapshot."""
    victim, config = setting.victim, frame.config
    for point in iterate(objective, setting.ball(EPSILON), start, Step(EPSILON, STEP, config.iterations)):
        (attacked,) = victim.poses(point.images, activation=point.activation, layer=frame.layer)
        yield snapshot_value(point, attacked, frame, offset=0, space=PLAIN)


def _frame(setting: Setting, steps: int) -> Frame:
    """Return what is known before the first step: the clean pose, the mask, the configuration."""
    (clean,) = setting.victim.poses(setting.crop)
    mask = setting.ball(EPSILON).mask[0].permute(1, 2, 0).cpu().numpy()
    config = AttackConfig(
        epsilon=EPSILON, step_size=STEP, iterations=steps, method="kaa", loss="mse", views=0
    )
    layer = setting.victim.layers[-1]
    return Frame(clean, None, layer, mask, float("nan"), config, time.perf_counter())


def _start(setting: Setting) -> Tensor:
    return setting.ball(EPSILON).random_point(torch.Generator().manual_seed(0))
