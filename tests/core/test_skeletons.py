"""Skeletons as data: whole, symmetric, and mapped onto each other by name."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, SKELETONS, Skeleton, convert

every_skeleton = pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)


@every_skeleton
def test_a_skeleton_is_connected_data(skeleton: Skeleton) -> None:
    assert len(set(skeleton.joints)) == len(skeleton)
    assert int(skeleton.name.rsplit("-", 1)[1]) == len(skeleton)
    joints = {joint for bone in skeleton.bones for joint in bone}
    assert joints <= set(range(len(skeleton)))
    assert all(start != end for start, end in skeleton.bones)
    assert hash(skeleton) == hash(SKELETONS[skeleton.name])


@every_skeleton
def test_mirroring_swaps_the_sides_and_undoes_itself(skeleton: Skeleton) -> None:
    mirrored = skeleton.mirrored()
    assert [mirrored[mirrored[joint]] for joint in range(len(skeleton))] == list(range(len(skeleton)))
    sides = {"left": "right", "right": "left", "centre": "centre"}
    assert all(skeleton.side(mirrored[joint]) == sides[skeleton.side(joint)] for joint in mirrored)
    bones = {frozenset(bone) for bone in skeleton.bones}
    assert {frozenset(mirrored[joint] for joint in bone) for bone in bones} == bones


@every_skeleton
def test_a_bone_has_the_side_of_both_its_joints(skeleton: Skeleton) -> None:
    for bone in skeleton.bones:
        sides = {skeleton.side(joint) for joint in bone}
        assert skeleton.bone_side(bone) == (sides.pop() if len(sides) == 1 else "centre")


def test_index_refuses_unknown_joints_with_the_choices() -> None:
    assert BLAZEPOSE_33.index("left_hip") == 23
    with pytest.raises(ConfigError, match=r"nose, .*got 'tail'"):
        BLAZEPOSE_33.index("tail")


@pytest.mark.parametrize(("source", "target"), [*itertools.permutations(SKELETONS.values(), 2)])
def test_convert_keeps_joints_of_the_same_name(source: Skeleton, target: Skeleton) -> None:
    points = np.random.default_rng(0).normal(size=(2, len(source), 3)).astype(np.float32)
    found = convert(points, source, target)
    assert found.shape == (2, len(target), 3)
    for position, joint in enumerate(target.joints):
        if joint in source.joints:
            np.testing.assert_array_equal(found[:, position], points[:, source.index(joint)])
        elif joint not in source.midpoints:
            assert np.isnan(found[:, position]).all()


def test_convert_makes_midpoints() -> None:
    points = np.random.default_rng(0).normal(size=(33, 2))
    found = convert(points, BLAZEPOSE_33, HUMAN36M_17)
    hips = points[[BLAZEPOSE_33.index("left_hip"), BLAZEPOSE_33.index("right_hip")]]
    np.testing.assert_allclose(found[0], hips.mean(axis=0), rtol=1e-5)
    assert np.isfinite(found).all()
