"""Choose what an attack changes, the crop or the picture itself, and show it to the network.

The loop holds ``images``: in crop space the victim's crop, in picture space the cells of the picture that
the crop reads. A space turns them into the crops that the network takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.types import GREY_LEVELS, BoolArray, UInt8Image

MARGIN = 0.15
"""Share of the crop's sides by which the cells reach beyond it: a crop that is detected anew lies nearby."""
# standard deviations of the crop's change between clean and perturbed pictures, measured on photographs
TURN_RADIANS = 0.012
LOG_SCALE = 0.012
SHIFT = 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Jitter:
    """A seeded sequence of small random similarity transforms, as a new detection makes them.

    Ascending the loss of such views as well is expectation over transformation (Athalye et al. 2018).

    Attributes:
        views: Jittered views a step; 0 attacks the exact crop alone.
        generators: Drawn from on the CPU, so that a seed means the same on every device; one for each
            member of a batch, whose views are then those that it would get alone, or one for all.
        strength: Factor on the standard deviations.
    """

    views: int
    generators: tuple[torch.Generator, ...]
    strength: float = 1.0

    def extend(self, images: Tensor) -> Tensor:
        """Return the images followed by jittered views of them, ``((1 + views) * N, 3, H, W)``."""
        if not self.views:
            return images
        repeated = images.repeat(self.views, 1, 1, 1)
        height, width = images.shape[2:]
        moved = _sampled(repeated, self.maps(len(repeated)).to(images), (height, width))
        return torch.cat((images, moved)).contiguous(memory_format=torch.channels_last)

    def maps(self, number: int) -> Tensor:
        """Draw the next ``(number, 2, 3)`` maps from a view to the crop, in coordinates from -1 to 1."""
        each = (number // len(self.generators), 4)
        drawn = [torch.randn(each, generator=generator) for generator in self.generators]
        # view by view, as the images are repeated
        noise = torch.stack(drawn, dim=1).reshape(number, 4) * self.strength
        turn, scale = noise[:, 0] * TURN_RADIANS, (noise[:, 1] * LOG_SCALE).exp()
        cosine, sine = scale * turn.cos(), scale * turn.sin()
        shift = noise[:, 2:] * (2 * SHIFT)
        linear = torch.stack((cosine, -sine, sine, cosine), dim=1).reshape(number, 2, 2)
        return torch.cat((linear, shift[:, :, None]), dim=2)


class Space(Protocol):
    """What an attack changes, and how the victim sees it."""

    @property
    def jitter(self) -> Jitter:
        """Views to be attacked along with the crop."""
        ...

    def crop(self, images: Tensor) -> Tensor:
        """Return the crops of the clean pictures' people, ``(N, 3, H, W)``."""
        ...

    def views(self, images: Tensor) -> Tensor:
        """Return all crops that a step attacks: first those of :meth:`crop`, then others."""
        ...

    def change(self, images: Tensor, clean: Tensor) -> Tensor:
        """Return the change of the crops, ``(N, 3, H, W)``; 0 beyond the picture."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CropSpace:
    """The crop itself is changed; the picture follows when it is saved.

    Attributes:
        jitter: Views of the crop to be attacked along with it.
    """

    jitter: Jitter

    def crop(self, images: Tensor) -> Tensor:
        """Return the images."""
        return images

    def views(self, images: Tensor) -> Tensor:
        """Return the images, then jittered views of them."""
        return self.jitter.extend(images)

    def change(self, images: Tensor, clean: Tensor) -> Tensor:
        """Return the change of the images."""
        return images - clean


PLAIN = CropSpace(Jitter(0, ()))
"""The crop alone, without other views of it."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureSpace:
    """The picture's pixels are changed, in cells as :class:`CropSampler` has them; the crops follow.

    Attributes:
        sampler: The map from the picture to the clean picture's crop.
        wide: The same with a margin around the region that it reads; its cells are changed.
        clean: ``(1, 3, rows, columns)`` in [0, 1], the cells' means in whole grey levels.
        rest: ``(1, 3, rows, columns)``, what rounding the means has left.
        maps: ``(n, 2, 3)``, from each crop to the cells, both in coordinates from -1 to 1; the first is the
            clean picture's crop.
        inside: ``(H, W)`` bool, pixels of the clean picture's crop that lie on the picture.
        jitter: Views of the last crop to be attacked along with them.
    """

    sampler: CropSampler
    wide: CropSampler
    clean: Tensor
    rest: Tensor
    maps: Tensor
    inside: Tensor
    jitter: Jitter

    @classmethod
    def around(
        cls, sampler: CropSampler, pixels: UInt8Image, jitter: Jitter, device: torch.device
    ) -> PictureSpace:
        """Return the space of one person's attack.

        Args:
            sampler: The map from the picture to the crop.
            pixels: ``(H, W, 3)`` uint8, the clean picture.
            jitter: Views of the crop to be attacked along with it.
            device: Device to compute on.
        """
        height, width = pixels.shape[:2]
        wide = CropSampler.build(sampler.to_crop, sampler.size, (height, width), margin=MARGIN)
        means = wide.cells(pixels)
        levels = np.rint(means)
        clean, rest = (_planes(part, device) for part in (levels, means - levels))
        maps = _map_to_cells(wide, sampler.to_crop, device)
        inside = torch.from_numpy(sampler.inside.copy()).to(device)
        return cls(sampler, wide, clean, rest, maps, inside, jitter)

    def beside(self, to_crop: NDArray[np.float64]) -> PictureSpace:
        """Return the same space with a second crop, given by its ``(2, 3)`` map from the picture."""
        second = _map_to_cells(self.wide, to_crop, self.maps.device)
        return replace(self, maps=torch.cat((self.maps[:1], second)))

    def crop(self, images: Tensor) -> Tensor:
        """Return the clean picture's crop."""
        return _rounded(self._sampled(images + self.rest, self.maps[:1]))

    def views(self, images: Tensor) -> Tensor:
        """Return every crop, then jittered views of the last one."""
        maps = self.maps
        if self.jitter.views:
            turned = self.jitter.maps(self.jitter.views).to(maps)
            whole = torch.cat((turned, turned.new_tensor([[[0, 0, 1.0]]]).expand(len(turned), -1, -1)), dim=1)
            maps = torch.cat((maps, maps[-1:] @ whole))
        return _rounded(self._sampled(images + self.rest, maps))

    def change(self, images: Tensor, clean: Tensor) -> Tensor:
        """Return the change of the clean picture's crop; 0 beyond the picture."""
        return self.measured(images - clean)

    def measured(self, change: Tensor) -> Tensor:
        """Return the change of the clean picture's crop that a change of the cells makes."""
        return self._sampled(change, self.maps[:1].expand(len(change), -1, -1)) * self.inside

    def mask(self, mask: BoolArray, region: BoolArray | None) -> Tensor:
        """Return the cells that may change: ``(3, rows, columns)`` bool.

        Args:
            mask: ``(H, W, 3)`` bool, C over the crop.
            region: Bitmap of the picture's size; cells that reach beyond it stay. None is everywhere.
        """
        cells = self.wide.allowed_cells(mask)
        if region is not None:
            cells &= self.wide.whole_cells(region)[:, :, None]
        return torch.from_numpy(cells).permute(2, 0, 1).to(self.clean.device)

    def cells(self, images: Tensor) -> NDArray[np.int16]:
        """Return the change of the sampler's cells in whole grey levels, ``(rows, columns, 3)``."""
        change = ((images - self.clean)[0] * GREY_LEVELS).round().permute(1, 2, 0).cpu().numpy()
        left, top = ((self.sampler.region[at] - self.wide.region[at]) // self.wide.cell for at in (0, 1))
        rows, columns = self.sampler.grid_size
        return np.ascontiguousarray(change[top : top + rows, left : left + columns].astype(np.int16))

    def _sampled(self, cells: Tensor, maps: Tensor) -> Tensor:
        return _sampled(cells.expand(len(maps), -1, -1, -1), maps, self.sampler.size)


def _sampled(images: Tensor, maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Return views of images, bilinear, their edges repeated.

    Args:
        images: ``(N, 3, rows, columns)``.
        maps: ``(N, 2, 3)``, from each view to its image, both in coordinates from -1 to 1.
        size: Height and width of the views.
    """
    grid = F.affine_grid(maps, [len(maps), 3, *size], align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _rounded(crops: Tensor) -> Tensor:
    """Round crops to 8 bits, as the victim gets them; the gradient passes as if they were not rounded."""
    levels = (crops.detach() * GREY_LEVELS).round() / GREY_LEVELS
    return (crops + (levels - crops.detach())).contiguous(memory_format=torch.channels_last)


def _planes(image: NDArray[np.floating], device: torch.device) -> Tensor:
    planes = torch.from_numpy(image / np.float32(GREY_LEVELS)).permute(2, 0, 1)[None]
    return planes.to(device=device, dtype=torch.float32).contiguous()


def _map_to_cells(sampler: CropSampler, to_crop: NDArray[np.float64], device: torch.device) -> Tensor:
    """Return ``(1, 2, 3)``, a crop's map to the sampler's cells, both in coordinates from -1 to 1."""
    height, width = sampler.size
    rows, columns = (sampler.cell * count for count in sampler.grid_size)
    x0, y0 = sampler.region[:2]
    from_unit = np.array([[width / 2, 0, width / 2], [0, height / 2, height / 2], [0, 0, 1]])
    to_picture = np.linalg.inv(np.vstack((to_crop, (0, 0, 1))))
    to_unit = np.array([[2 / columns, 0, -1 - 2 * x0 / columns], [0, 2 / rows, -1 - 2 * y0 / rows]])
    return torch.from_numpy(to_unit @ to_picture @ from_unit)[None].to(device=device, dtype=torch.float32)
