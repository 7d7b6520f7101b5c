"""Target poses: the library, motion capture, and fitting them to a body."""
