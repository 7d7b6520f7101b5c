"""Model files as torch modules with named layers."""

from __future__ import annotations

from typing import Protocol

from kaa_gui.core.importers.bundle import file_sha256, find_bundle, read_bundle, verify_sha256
from kaa_gui.core.importers.by_hand import by_hand
from kaa_gui.core.importers.graph import Cut, Graph, Node
from kaa_gui.core.importers.tflite import read_tflite

__all__ = [
    "IMPORTERS",
    "Cut",
    "Graph",
    "Importer",
    "Node",
    "by_hand",
    "file_sha256",
    "find_bundle",
    "read_bundle",
    "read_tflite",
    "verify_sha256",
]


class Importer(Protocol):
    """Read a network from a file's bytes."""

    def __call__(self, data: bytes, *, source: str) -> Graph:
        """Return the network; ``source`` is what messages call the file."""
        ...


IMPORTERS: dict[str, Importer] = {".tflite": read_tflite}
"""Importers by the suffix of the files that they read."""
