"""Reports of working hours and usage, computed from the sessions themselves: no keystrokes, no screenshots."""
