"""Attacks over data sets: plan, runner, tables."""
