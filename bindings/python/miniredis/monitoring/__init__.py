"""The monitoring service: collects the figures of all nodes and answers questions about them."""
