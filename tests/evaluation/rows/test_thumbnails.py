"""Small pictures for the report."""

import numpy as np

from kaa_gui.evaluation.rows.thumbnails import visible


def test_single_large_changes_leave_the_others_visible():
    change = np.tile(np.array([-2.0, 0.0, 2.0]), (90, 3, 1)).astype(np.float32)
    change[0, 0] = 80
    shown = visible(change)
    assert set(shown[1:].reshape(-1, 3)[0]) == {0, 128, 255}
    assert (shown[0, 0] == 255).all()


def test_no_change_is_grey():
    assert (visible(np.zeros((4, 4, 3), np.float32)) == 128).all()
