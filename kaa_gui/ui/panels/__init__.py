"""Docked panels and dialogs: figures, evaluation, comparison of methods, presets."""
