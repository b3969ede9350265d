"""What a developer runs: set-up, gates, lock files. Standard library only."""
