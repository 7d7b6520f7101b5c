"""Rows on disk: the store, its Parquet files and its lock."""
