"""The re-key: new keys and certificates for every stick, and new gateways, without visiting any (docs/protocol.md)."""
