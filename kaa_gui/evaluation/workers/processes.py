"""Work in processes on this machine, each with one engine; no extra package is needed.

A worker writes nothing to disk, so it may die at any moment; its pipe then ends, and another takes its
place. When the driver dies, the pipes end on the workers' side, and they leave.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from kaa_gui.core.errors import DeviceError, KaaError
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.workers.workers import Returned

if TYPE_CHECKING:
    from kaa_gui.evaluation.plan.batches import Group
    from kaa_gui.evaluation.rows.attacker import Attacker

POLL_S = 0.5
FAREWELL_S = 2.0


@dataclass(frozen=True, slots=True)
class Equipment:
    """Equipment of every worker.

    Attributes:
        device: Device to compute on; ``"auto"`` shares several GPUs out in turn.
        bundle: A BlazePose ``.task`` file in place of the packaged one.
        threads: Number of threads of torch, on the CPU.
    """

    device: str = "auto"
    bundle: str | Path | None = None
    threads: int = 1


@dataclass(slots=True, eq=False)
class _Hand:
    process: BaseProcess
    pipe: Connection
    busy: bool = False


class Processes:
    """A number of worker processes."""

    def __init__(self, hands: int, equipment: Equipment) -> None:
        """Start them; each loads its network with its first group."""
        self._equipment = equipment
        # a forked torch is no safe torch
        self._context = multiprocessing.get_context("spawn")
        self._hands = [self._hire(number) for number in range(hands)]

    @property
    def hands(self) -> int:
        """Number of workers."""
        return len(self._hands)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process numbers of the present workers."""
        return tuple(hand.process.pid or 0 for hand in self._hands)

    def send(self, hand: int, group: Group) -> None:
        """Give a group to an idle worker."""
        self._hands[hand].busy = True
        try:
            self._hands[hand].pipe.send(group)
        except OSError:
            # it died while idle; ``receive`` sees the closed pipe and says so
            return

    def receive(self) -> Returned:
        """Wait for outcomes and deaths.

        Raises:
            KaaError: A worker cannot begin at all, e.g. for want of its device.
        """
        pipes = {hand.pipe: number for number, hand in enumerate(self._hands) if hand.busy}
        return [self._from(pipes[pipe]) for pipe in wait(list(pipes), POLL_S) if isinstance(pipe, Connection)]

    def close(self) -> None:
        """End the workers; what they were doing is lost, what they brought is not."""
        for hand in self._hands:
            hand.pipe.close()
            hand.process.terminate()
        for hand in self._hands:
            hand.process.join(FAREWELL_S)
            if hand.process.is_alive():
                hand.process.kill()
                hand.process.join()
            hand.process.close()

    def _from(self, number: int) -> tuple[int, list[Outcome] | None]:
        hand = self._hands[number]
        hand.busy = False
        try:
            news = hand.pipe.recv()
        except (EOFError, OSError):
            hand.pipe.close()
            hand.process.join(FAREWELL_S)
            self._hands[number] = self._hire(number)
            return number, None
        if isinstance(news, KaaError):
            raise news
        return number, news

    def _hire(self, number: int) -> _Hand:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, number, self._equipment), name=f"evaluate-{number}", daemon=True
        )
        process.start()
        # or the pipe would not end with the worker
        theirs.close()
        return _Hand(process, ours)


def _work(pipe: Connection, number: int, equipment: Equipment) -> None:
    """Attack what comes through the pipe, until it ends."""
    # Ctrl-C reaches the whole group of processes; the driver decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    attacker = None
    while True:
        try:
            group = pipe.recv()
            if attacker is None:
                attacker = _attacker(number, equipment)
            pipe.send(attacker if isinstance(attacker, KaaError) else attacker.attack_group(group))
        except (EOFError, OSError):
            # the driver is gone
            return


def _attacker(number: int, equipment: Equipment) -> Attacker | DeviceError:
    # torch is imported here, in the worker, and not by the process that starts it
    os.environ["OMP_NUM_THREADS"] = str(equipment.threads)
    from kaa_gui.core.victims.devices import available_devices
    from kaa_gui.evaluation.rows.attacker import Attacker

    device = equipment.device
    gpus = [name for name in available_devices() if name.startswith("cuda:")]
    if device == "auto" and gpus:
        device = gpus[number % len(gpus)]
    try:
        return Attacker(device, equipment.bundle, threads=equipment.threads)
    except DeviceError as error:
        return error
