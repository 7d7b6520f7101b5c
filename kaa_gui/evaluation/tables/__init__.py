"""The tables of an evaluation and their statistics."""
