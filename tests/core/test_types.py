"""Numbers of a run say what they mean; arrays are locked on the way out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kaa_gui.core.types import Metrics, read_only


def test_metrics_print_no_nan() -> None:
    values = Metrics(1, float("nan"), 2.0, float("inf"), 3.0, 4.0).as_json()
    assert (values["loss"], values["pose_error_mm"], values["displacement_px"]) == (None, None, 2.0)
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_read_only_locks_the_array_itself() -> None:
    array = np.zeros(3)
    assert read_only(array) is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
