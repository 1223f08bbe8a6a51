"""The climb: which change to a task makes its answers better, what comes next, and what of it is proven."""
