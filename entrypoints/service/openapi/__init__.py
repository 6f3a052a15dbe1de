"""The description of the service, made from its operations and their attrs classes."""
