"""Damage what readers of untrusted files read, and see that they refuse it in one line."""
