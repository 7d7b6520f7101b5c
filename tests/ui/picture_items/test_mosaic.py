from __future__ import annotations

import pytest

from kaa_gui.core.skeletons import SKELETONS
from kaa_gui.ui.picture_items.mosaic import short_name


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS.keys())
def test_short_names_are_shorter_and_tell_the_joints_apart(skeleton):
    names = [joint.replace("_", " ") for joint in skeleton.joints]
    short = [short_name(name) for name in names]
    assert len(set(short)) == len(set(names))
    assert all(
        len(after) < len(before)
        for before, after in zip(names, short, strict=True)
        if before.startswith("left")
    )
