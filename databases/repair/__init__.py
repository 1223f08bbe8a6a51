"""Repair without a model: wrong names become the one real name that they must mean."""
