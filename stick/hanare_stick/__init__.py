"""What runs on the stick: the door, the sign-in, the session's tunnel and its desktop."""
