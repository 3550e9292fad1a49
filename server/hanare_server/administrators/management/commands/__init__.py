"""The commands of console accounts."""
