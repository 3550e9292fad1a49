"""The live channels: gateways, sticks and the console's pages; presence in memory; the database is only read."""
