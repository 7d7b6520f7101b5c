"""The services of engine, evaluation and figures, as the window takes them."""
