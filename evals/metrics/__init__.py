"""Metrics: what each answer is held against, one module each."""
