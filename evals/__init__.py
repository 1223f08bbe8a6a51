"""Evaluation: question sets, metrics, the runner that asks the very assistant that answers in the chat, and reports."""
