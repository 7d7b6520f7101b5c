"""The parameters' panel and its fields."""
