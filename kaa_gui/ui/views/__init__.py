"""One file a view: a function of what it is shown and its own view state."""
