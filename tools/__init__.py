"""What a model can call. A tool's docstring is what the model reads; its failure is an observation, never the end."""
