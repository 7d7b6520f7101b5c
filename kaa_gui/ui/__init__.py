"""The window: Qt only; sees values and callables, never the engine."""
