"""The kitting station: the offline CA, and writing and registering sticks."""
