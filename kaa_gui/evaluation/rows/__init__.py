"""One row of an evaluation: attack one person and measure what came of it."""
