"""The networks of the three bundles, read once a run."""

from __future__ import annotations

import functools

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
    """Return the file and the graph; nobody may change the latter."""
    data = read_bundle(find_bundle(bundle))[name]
    return data, read_tflite(data, source=name)
