"""Profiles: how settings are inherited, checked, changed, compared and put back."""
