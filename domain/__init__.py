"""The rules of the house: values and pure policies in `model`, use cases in `services`."""
