"""The evidence pack: what the documents ask for against the settings in force, as one PDF in Japanese."""
