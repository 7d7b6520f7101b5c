"""Map the region that an attack may touch, a box or painted, into crop and picture."""

from __future__ import annotations

from kaa_gui.core.painted import painted_bitmap, region_bitmap
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.types import AttackConfig, BoolArray


def region_in_crop(sampler: CropSampler, config: AttackConfig) -> BoolArray:
    """Return ``(H, W)`` bool: crop pixels whose centre lies in the box and on the paint."""
    inside = sampler.region_mask(config.region)
    if config.region_mask is not None:
        inside &= sampler.painted_mask(painted_bitmap(config.region_mask))
    return inside


def region_in_picture(config: AttackConfig, size: tuple[int, ...]) -> BoolArray | None:
    """Return ``(H, W)`` bool: pixels of the picture that may change; None is all of them.

    Args:
        config: Configuration of the attack.
        size: Height and width of the picture.

    Raises:
        ConfigError: The paint is for a picture of another size.
    """
    return region_bitmap(config.region, config.region_mask, size)
