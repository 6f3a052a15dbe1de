"""Genesys Cloud over HTTP: hosts, tokens, the call, the wire format, and a gateway for each port."""
