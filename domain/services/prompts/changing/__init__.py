"""Changes of prompts: publish, promote, roll back, freeze, export."""
