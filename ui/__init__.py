"""User interfaces: readers of a run's events. They own no logic."""
