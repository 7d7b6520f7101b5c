from __future__ import annotations

import matplotlib.cbook
import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.importers.files import reference
from tests.core.importers.networks import NETWORKS, network


def picture(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return an input in the file's order of axes."""
    if kind == "noise" or len(shape) != 4:
        return np.random.default_rng(0).random(shape, dtype=np.float32)
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as stream, Image.open(stream) as photograph:
        resized = photograph.convert("RGB").resize((shape[2], shape[1]))
    return (np.asarray(resized, np.float32) / 255)[None]


@pytest.mark.parametrize("kind", ["noise", "photograph"])
@pytest.mark.parametrize(("bundle", "name"), NETWORKS)
def test_read_tflite_computes_what_the_reference_interpreter_computes(
    bundle: str, name: str, kind: str
) -> None:
    data, graph = network(bundle, name)
    shape = graph.input_shape
    file_shape = (1, *shape[1:], shape[0]) if len(shape) == 3 else (1, *shape)
    values = picture(kind, file_shape)
    x = torch.from_numpy(values)
    outputs = dict(zip(graph.outputs, graph(x.permute(0, 3, 1, 2) if x.dim() == 4 else x), strict=True))
    expected = reference(data, values)
    assert set(expected) == set(outputs)
    for output, wanted in expected.items():
        found = outputs[output]
        found = (found.permute(0, 2, 3, 1) if found.dim() == 4 else found).numpy().reshape(wanted.shape)
        assert np.abs(found - wanted).max() <= 1e-3 * np.abs(wanted).max(), output
