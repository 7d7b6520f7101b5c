"""The window's model: parameters, state, undo, presets and settings; no widget."""
