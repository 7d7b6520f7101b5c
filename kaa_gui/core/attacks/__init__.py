"""Attacks at layer k: ball, loss, mask and step, composed by one loop (mission, sections 3 and 5)."""
