"""Crews that work off the rows, one file each; all give the same rows."""

from kaa_gui.evaluation.workers.workers import Alone, Crew

__all__ = ["Alone", "Crew"]
