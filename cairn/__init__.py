"""Cairn's own vocabulary: settings, errors, events, answers, tasks, the database engine. Imports no other room."""

__version__ = "0.1.0"
