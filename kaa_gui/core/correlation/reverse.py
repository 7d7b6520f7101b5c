"""Compute many rows of the Jacobian by hand-written reverse passes from one clean forward pass.

Autograd runs the graph once a row, with bookkeeping, in the memory order it finds. Here the forward
pass is run once, in double precision, the activations' derivatives are kept, and gradients travel in
channels-last memory.
"""

from __future__ import annotations

import copy
import math
from functools import partial

import torch
from torch import Tensor

from kaa_gui.core.importers.adjoints import linearise
from kaa_gui.core.importers.backward import Back, Gradient, run_back
from kaa_gui.core.importers.graph import Cut

WIDE = 2**18
"""Values of an activation from which on the cache holds one row's gradient but not several."""


class Reverse:
    """The network at one picture, ready to be run backwards from any slot.

    Attributes:
        shapes: Shapes of each slot's activation, without the batch.
        dtype: Data type of the gradients.
        device: Device that they are on.
    """

    def __init__(self, cut: Cut, crop: Tensor) -> None:
        """Run forward once.

        Args:
            cut: The network.
            crop: ``(1, 3, H, W)`` in [0, 1].
        """
        # J jumps where a ReLU opens: which ones are open must not be left to rounding
        precision = crop.dtype if crop.device.type == "mps" else torch.float64
        values = {0: crop.detach().to(precision).contiguous(memory_format=torch.channels_last)}
        self.shapes = {0: tuple(crop.shape[1:])}
        self._back: list[Back] = []
        with torch.no_grad():
            for step in cut.steps:
                exact = step.module
                if crop.dtype != precision:
                    exact = copy.deepcopy(step.module).to(precision)
                inputs = [values[slot] for slot in step.reads]
                output = exact(*inputs)
                linearised = linearise(step.module, inputs, output, exact=exact, dtype=crop.dtype)
                gate = None if linearised.derivative is None else partial(_multiply, linearised.derivative)
                self._back.append(Back(gate, linearised.adjoint, step.reads, step.writes))
                self.shapes[step.writes] = tuple(output.shape[1:])
                values[step.writes] = output
                for slot in step.frees:
                    del values[slot]
        self._wide = self._widest_step() if crop.device.type == "cpu" else 0
        self.dtype, self.device = crop.dtype, crop.device

    def _widest_step(self) -> int:
        """Return the number of steps, from the image on, behind which no activation is wide."""
        wide = [
            position + 1
            for position, back in enumerate(self._back)
            if max(math.prod(self.shapes[slot]) for slot in (*back.reads, back.writes)) > WIDE
        ]
        return max(wide, default=0)

    def seeds(self, count: int, slot: int) -> Tensor:
        """Return zeros for the gradients of ``count`` rows at a slot, ``(count, *shape)``."""
        shape = (count, *self.shapes[slot])
        memory = torch.channels_last if len(shape) == 4 else torch.contiguous_format
        return torch.empty(shape, dtype=self.dtype, device=self.device, memory_format=memory).zero_()

    def pull(self, seeds: Tensor, slot: int) -> Tensor:
        """Return the gradients at the image.

        Args:
            seeds: ``(K, *shape)`` gradients at the slot; overwritten.
            slot: Slot to start from.

        Returns:
            ``(K, 3, H, W)``.
        """
        gradients = {slot: Gradient(seeds, owned=True)}
        with torch.no_grad():
            self._run(gradients, len(self._back), self._wide)
            if len(seeds) == 1 or not self._wide:
                self._run(gradients, self._wide, 0)
                return self._image(gradients, len(seeds))
            images = self.seeds(len(seeds), 0)
            # the wide part of the network row by row: what the cache holds is not written out
            for row, image in enumerate(images):
                one = {
                    key: Gradient(value.values[row : row + 1], value.owned)
                    for key, value in gradients.items()
                }
                self._run(one, self._wide, 0)
                if 0 in one:
                    image.copy_(one[0].values[0])
            return images

    def _image(self, gradients: dict[int, Gradient], count: int) -> Tensor:
        return gradients[0].values if 0 in gradients else self.seeds(count, 0)

    def _run(self, gradients: dict[int, Gradient], begin: int, end: int) -> None:
        run_back(reversed(self._back[end:begin]), gradients)


def _multiply(derivative: Tensor, gradient: Tensor, to: Tensor) -> None:
    torch.mul(gradient, derivative, out=to)
