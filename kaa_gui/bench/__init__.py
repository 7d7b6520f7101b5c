"""Measurements against bare torch, against the libraries in use today, and against our own older ways."""

from kaa_gui.bench.bench import Sizes, measure

__all__ = ["Sizes", "measure"]
