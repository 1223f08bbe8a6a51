"""From a name to a chat model or to embeddings; what answers without one; token counts."""
