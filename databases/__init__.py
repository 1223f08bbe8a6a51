"""Databases that questions may be asked of: registered, read only, each query checked and run in a process apart."""
