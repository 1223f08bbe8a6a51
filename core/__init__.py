"""The lowest layer: settings, errors, events, answers, tasks, the app database."""
