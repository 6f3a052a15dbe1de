"""What the service takes and gives, as attrs classes: the OpenAPI document is made from them."""
