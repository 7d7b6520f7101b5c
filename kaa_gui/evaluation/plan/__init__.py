"""Plan an evaluation: data set times configurations, and the checks that follow."""
