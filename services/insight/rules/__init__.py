"""Statistics of insight: pure functions of counts and durations."""
