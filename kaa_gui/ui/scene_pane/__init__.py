"""The pane that the 3D scene is drawn in, and its camera."""
