"""The messages of docs/protocol.md, one module per pair of parties."""
