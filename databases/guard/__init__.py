"""The guard: from a model's SQL to SQL that can only read what it may."""
