"""The use cases, one module an area; they know ports and no adapter."""
