"""Access: the decision, sessions, leases, and stopping them."""
