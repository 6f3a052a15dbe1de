"""What the use cases need from outside, as protocols in the words of the model."""
