"""Themes, style sheet, icons and text size."""
