"""The directory: who and what belongs to an organisation."""
