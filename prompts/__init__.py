"""Prompts: tasks as folders of files, strict templates, and the choice of examples."""
