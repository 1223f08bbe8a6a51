"""Measuring: data sets, metrics, the climb. Empty yet."""
