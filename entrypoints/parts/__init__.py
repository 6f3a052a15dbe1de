"""What a core is made of, each part opened when it is first needed."""
