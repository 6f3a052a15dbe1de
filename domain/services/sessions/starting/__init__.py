"""Sessions that begin: admitted, or waiting, or sent to people, and made on the platform once."""
