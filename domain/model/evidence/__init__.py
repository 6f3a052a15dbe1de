"""What outcomes say about a rollout: sums by arm, bets, intervals, checks, and one verdict."""
