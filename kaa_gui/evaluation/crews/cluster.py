"""Workers on a Ray cluster, or on one that Ray starts here. Needs the extra ``cluster``."""

from __future__ import annotations

import importlib
import os
import socket
from pathlib import Path
from typing import Any

from kaa_gui.core.errors import ConfigError, DeviceError
from kaa_gui.evaluation.crews.crew import Returned
from kaa_gui.evaluation.crews.processes import Equipment
from kaa_gui.evaluation.outcome import Outcome
from kaa_gui.evaluation.plan import Job

POLL_S = 0.5
CONNECT_S = 3.0
HERE = "local"


class Cluster:
    """Ray actors, each with one engine; one CPU each, and one GPU each where the cluster has any."""

    def __init__(self, address: str, hands: int | None, equipment: Equipment) -> None:
        """Join a cluster and start the workers.

        Args:
            address: ``"local"`` starts Ray on this machine; else a head's ``HOST:PORT``, or ``"auto"``.
            hands: Number of workers; None takes as many as the cluster has GPUs or, without any, CPUs.
            equipment: Of each worker.

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
        self._hands: list[Any] = [self._hire() for _ in range(count)]
        self._pending: dict[Any, int] = {}

    @property
    def hands(self) -> int:
        """How many."""
        return len(self._hands)

    def send(self, hand: int, job: Job) -> None:
        """Give a job to an idle worker."""
        self._pending[self._hands[hand].attack.remote(job)] = hand

    def receive(self) -> Returned:
        """Wait for outcomes and deaths."""
        if not self._pending:
            return []
        ready, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=POLL_S)
        return [self._from(reference) for reference in ready]

    def close(self) -> None:
        """Leave the cluster; its actors end with their driver."""
        for hand in self._hands:
            self._ray.kill(hand)
        self._ray.shutdown()

    def _from(self, reference: Any) -> tuple[int, Outcome | None]:
        number = self._pending.pop(reference)
        try:
            return number, self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            self._hands[number] = self._hire()
            return number, None

    def _hire(self) -> Any:
        return self._make.remote(self._equipment.device, self._equipment.bundle, self._equipment.threads)

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
    """What runs inside an actor."""

    def __init__(self, device: str, bundle: str | Path | None, threads: int) -> None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        from kaa_gui.evaluation.work import Attacker

        self._attacker = Attacker(device, bundle, threads=threads)

    def attack(self, job: Job) -> Outcome:
        """Return a job's outcome."""
        return self._attacker.attack(job)


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
    # nothing about anybody's evaluation leaves the machine
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise ConfigError(
            "--ray needs Ray, which is not installed; run: python -m pip install '.[cluster]', "
            "or use --workers alone"
        ) from None
