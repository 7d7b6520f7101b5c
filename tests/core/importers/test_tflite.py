from __future__ import annotations

import functools

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter

from kaa_gui.core.importers import Graph, find_bundle, read_bundle, read_tflite

NETWORKS = [
    ("pose_landmarker_full.task", "pose_detector.tflite"),
    ("pose_landmarker_full.task", "pose_landmarks_detector.tflite"),
    ("hand_landmarker.task", "hand_detector.tflite"),
    ("hand_landmarker.task", "hand_landmarks_detector.tflite"),
    ("face_landmarker.task", "face_detector.tflite"),
    ("face_landmarker.task", "face_landmarks_detector.tflite"),
    ("face_landmarker.task", "face_blendshapes.tflite"),
]


@functools.cache
def network(bundle: str, name: str) -> tuple[bytes, Graph]:
    data = read_bundle(find_bundle(bundle))[name]
    return data, read_tflite(data, source=name)


@pytest.mark.parametrize(("bundle", "name"), NETWORKS)
def test_read_tflite_computes_what_the_reference_interpreter_computes(bundle: str, name: str) -> None:
    data, graph = network(bundle, name)
    reference = Interpreter(model_content=data)
    reference.allocate_tensors()
    details = reference.get_input_details()[0]
    values = np.random.default_rng(0).random(details["shape"], dtype=np.float32)
    reference.set_tensor(details["index"], values)
    reference.invoke()
    x = torch.from_numpy(values)
    outputs = graph(x.permute(0, 3, 1, 2) if x.dim() == 4 else x)
    for output, entry in zip(outputs, reference.get_output_details(), strict=True):
        expected = reference.get_tensor(entry["index"])
        found = (output.permute(0, 2, 3, 1) if output.dim() == 4 else output).numpy().reshape(expected.shape)
        assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max()
