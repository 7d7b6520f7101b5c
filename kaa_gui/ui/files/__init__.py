"""Opening, saving, exporting and dropping files."""
