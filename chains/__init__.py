"""Strategies that are a fixed sequence of steps: Runnables. The model is passed in, never made here."""
