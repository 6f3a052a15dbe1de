"""The transport policy of `wire.md` §2: retries, quota, gate, queue, pace, breaker, deadline."""
