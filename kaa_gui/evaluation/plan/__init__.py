"""What an evaluation attacks: data set times configurations, and the checks that follow."""
