"""A run on disk: whole or not at all, strict JSON, one clear line when a folder won't do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kaa_gui.core.wording import target_name
from kaa_gui.runs.folder import dumps, versions


def test_dumps_is_strict_and_ascii() -> None:
    text = dumps({"name": "Grüße \udcff", "value": 1.5})
    assert text.isascii()
    assert json.loads(text)["value"] == 1.5
    with pytest.raises(ValueError, match="Out of range float"):
        dumps({"value": np.nan})


@pytest.mark.parametrize(
    ("target", "name"),
    [("sit", "sit"), ("t-pose", "t-pose"), ("some/where/mine.json", "mine"), ("/there/a.b.jpg", "a.b")],
)
def test_a_target_goes_by_its_name_and_not_by_its_path(target: str, name: str) -> None:
    assert target_name(target) == name


def test_versions_name_every_package_that_may_change_a_pixel() -> None:
    found = versions()
    assert {"python", "torch", "numpy", "opencv-python", "pillow", "matplotlib"} <= set(found)
    assert all(found.values())
    # also in a checkout that is not installed
    assert found["kaa-studio"][0].isdigit()
