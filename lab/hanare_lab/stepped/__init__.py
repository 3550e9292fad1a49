"""A folder for PYTHONPATH of stepped processes; nothing imports it as a package."""
