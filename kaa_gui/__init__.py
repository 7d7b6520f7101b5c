"""KAA Studio."""
