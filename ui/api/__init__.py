"""The ASGI application: an API of our own, the one that OpenAI's clients speak, and who may reach them and the page."""
