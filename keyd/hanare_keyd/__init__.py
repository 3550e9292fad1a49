"""The PIN service: OPRF keys, guess counters and tickets, in a process, user and database of its own."""
