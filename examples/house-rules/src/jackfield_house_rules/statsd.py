"""Measurements as StatsD datagrams, which may be lost."""

from __future__ import annotations

import re
import socket
from typing import Self

from jackfield import InvalidInput
from jackfield.plugin import Measurement


class StatsD:
    """A StatsD server; it is called on one thread only, the plugin's own."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    @classmethod
    def at(cls, address: str) -> Self:
        """Read `HOST:PORT`."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise InvalidInput("it is not HOST:PORT", place="statsd", remedy='such as "127.0.0.1:8125"')
        return cls(host, int(port))

    def send(self, measurement: Measurement) -> None:
        """Send durations as timers, and everything else as gauges."""
        name = re.sub(r"[^A-Za-z0-9.]", "_", measurement.name)
        if measurement.unit == "s":
            line = f"{name}:{measurement.value * 1000:g}|ms"
        else:
            line = f"{name}:{measurement.value:g}|g"
        self._socket.sendto(line.encode(), self._address)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
