"""Work on a Ray cluster, or on one that Ray starts here. Needs the extra ``cluster``."""

from __future__ import annotations

import importlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaa_gui.core.errors import ConfigError, DeviceError
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.workers.processes import Equipment
from kaa_gui.evaluation.workers.workers import Returned

if TYPE_CHECKING:
    from kaa_gui.evaluation.plan.batches import Group

POLL_S = 0.5
CONNECT_S = 3.0
MOST_STILLBORN = 3
"""So many workers in a row that end before they begin, and it is no accident."""
HERE = "local"


@dataclass(slots=True, eq=False)
class _Actor:
    """An actor; Ray starts it when and where there is room.

    Attributes:
        handle: Ray's.
        starting: Ray's answer once it has begun; None from then on.
        work: Ray's reference to its present work.
    """

    handle: Any
    starting: Any
    work: Any = None

    @property
    def free(self) -> bool:
        return self.starting is None and self.work is None


class Cluster:
    """Ray actors, each with one engine; one CPU each, and one GPU each where the cluster has any.

    A group goes to its hand's own actor, and where that has not begun (a machine is gone and there is no room
    for another actor), to any that is free.
    """

    def __init__(self, address: str, hands: int | None, equipment: Equipment) -> None:
        """Join a cluster and start the workers.

        Args:
            address: ``"local"`` starts Ray on this machine; else a head's ``HOST:PORT``, or ``"auto"``.
            hands: Number of workers; None takes as many as the cluster has GPUs or, without any, CPUs.
            equipment: Equipment of each worker.

        Raises:
            ConfigError: Ray is not installed.
            DeviceError: The cluster cannot be reached, or is too small.
        """
        _check_address(address)
        self._ray = _import_ray()
        self._equipment = equipment
        self._start(address, hands)
        resources = self._ray.cluster_resources()
        gpus, cpus = int(resources.get("GPU", 0)), int(resources.get("CPU", 0))
        self._gpus = 1 if gpus and not equipment.device.startswith("cpu") else 0
        room = gpus if self._gpus else cpus
        count = hands or room
        if not 1 <= count <= room:
            what = "GPUs" if self._gpus else "CPUs"
            raise DeviceError(f"workers must be from 1 to {room}, the cluster's {what}, got {count}")
        self._make = self._ray.remote(max_restarts=0)(_Hand).options(num_cpus=1, num_gpus=self._gpus)
        self._actors = [self._hire() for _ in range(count)]
        self._waiting: dict[int, Group] = {}
        self._pending: dict[Any, int] = {}
        self._stillborn = 0

    @property
    def hands(self) -> int:
        """Number of workers."""
        return len(self._actors)

    def send(self, hand: int, group: Group) -> None:
        """Give a group to an idle worker."""
        self._waiting[hand] = group

    def receive(self) -> Returned:
        """Wait for outcomes and deaths.

        Raises:
            DeviceError: One worker after the other fails to begin.
        """
        self._hand_out()
        starting = {actor.starting: actor for actor in self._actors if actor.starting is not None}
        watched = [*self._pending, *starting]
        if not watched:
            return []
        ready, _ = self._ray.wait(watched, num_returns=1, timeout=POLL_S)
        for reference in ready:
            if reference in starting:
                self._begun(starting[reference])
        return [self._from(reference) for reference in ready if reference in self._pending]

    def close(self) -> None:
        """Leave the cluster; its actors end with their driver."""
        for actor in self._actors:
            self._ray.kill(actor.handle)
        self._ray.shutdown()

    def _hand_out(self) -> None:
        """Give waiting groups to actors that are there and idle."""
        for hand in sorted(self._waiting, key=lambda hand: not self._actors[hand].free):
            own = self._actors[hand]
            actor = own if own.free else next((each for each in self._actors if each.free), None)
            if actor is None:
                return
            actor.work = actor.handle.attack.remote(self._waiting.pop(hand))
            self._pending[actor.work] = hand

    def _begun(self, actor: _Actor) -> None:
        try:
            self._ray.get(actor.starting)
            actor.starting, self._stillborn = None, 0
        except self._ray.exceptions.RayActorError as error:
            self._stillborn += 1
            if self._stillborn >= MOST_STILLBORN:
                line = str(error).strip().splitlines()[-1]
                raise DeviceError(f"no worker can begin on the cluster ({line})") from None
            self._replace(actor)

    def _from(self, reference: Any) -> tuple[int, list[Outcome] | None]:
        hand = self._pending.pop(reference)
        actor = next(each for each in self._actors if each.work == reference)
        actor.work = None
        try:
            return hand, self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            self._replace(actor)
            return hand, None

    def _replace(self, actor: _Actor) -> None:
        new = self._hire()
        actor.handle, actor.starting = new.handle, new.starting

    def _hire(self) -> _Actor:
        equipment = self._equipment
        handle = self._make.remote(equipment.device, equipment.bundle, equipment.threads)
        return _Actor(handle, handle.ready.remote())

    def _start(self, address: str, hands: int | None) -> None:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if address == HERE:
            options |= {"num_cpus": hands or os.cpu_count(), "include_dashboard": False}
        else:
            options["address"] = address
        try:
            self._ray.init(**options)
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            line = str(error).strip().splitlines()[0]
            raise DeviceError(
                f"no Ray cluster at {address} ({line}); start one with: ray start --head"
            ) from None


class _Hand:
    """Worker inside an actor."""

    def __init__(self, device: str, bundle: str | Path | None, threads: int) -> None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        from kaa_gui.evaluation.rows.attacker import Attacker

        self._attacker = Attacker(device, bundle, threads=threads)

    def ready(self) -> None:
        """Answer."""

    def attack(self, group: Group) -> list[Outcome]:
        """Return a group's outcomes."""
        return self._attacker.attack_group(group)


def _check_address(address: str) -> None:
    """Refuse an address that nobody answers at: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if not colon or address.startswith("ray://"):
        return
    try:
        socket.create_connection((host, int(port)), CONNECT_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise DeviceError(
            f"no Ray cluster at {address} ({error}); start one with: ray start --head --port {port}"
        ) from None


def _import_ray() -> Any:
    # nothing about an evaluation leaves the machine
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise ConfigError(
            "--ray needs Ray, which is not installed; run: python -m pip install '.[cluster]', "
            "or use --workers alone"
        ) from None
