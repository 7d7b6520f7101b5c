"""Figures on disk: PDF, SVG, PNG, PGF, animations and the recipe beside them."""
