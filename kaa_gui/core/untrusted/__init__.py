"""Read values from files that anybody may have written."""
