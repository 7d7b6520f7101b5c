"""A run on disk: write, read, replay, sweep, redraw and export it."""
