"""PEARL (arXiv 2305.14564): a question on a long text becomes a plan of actions, each of which reads the text."""
