"""What is remembered: threads and their messages, runs and their events. All append-only, all of one user."""
