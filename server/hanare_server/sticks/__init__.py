"""The API that sticks and the kitting station talk to."""
