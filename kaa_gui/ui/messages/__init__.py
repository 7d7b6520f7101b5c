"""Notices, reports, help sheets and the tour."""
