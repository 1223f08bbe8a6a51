"""Agents, the assembly of everything, and the runner that turns a strategy into stored events."""
