"""The embedded chat model: no key, no download, no server. It calls tools and quotes; it never invents prose."""
