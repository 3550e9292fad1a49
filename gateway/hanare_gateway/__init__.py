"""The VPN gateway agent: keeps WireGuard peers and nftables elements as the hub says, for as long as it says."""
