"""From runs to matplotlib figures: one file a figure."""
