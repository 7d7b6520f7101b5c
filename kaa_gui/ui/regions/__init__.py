"""Boxes and paint that limit where the picture may change."""
