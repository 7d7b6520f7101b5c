"""Attacks at layer k: ball, loss, mask and step, composed by one loop."""
