"""The ways in: settings, the one composition root, the facade, the command."""
