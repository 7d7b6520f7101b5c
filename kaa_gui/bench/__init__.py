"""Measure speed against bare torch, against other libraries, and against our own older ways."""

from kaa_gui.bench.bench import Sizes, measure

__all__ = ["Sizes", "measure"]
