"""Makes the lifter's training data from captured motions and an anny body, and trains it."""
