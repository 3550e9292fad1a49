"""The agent's errors: each means that the agent starts its cycle anew, adopting what the kernel holds."""


class KernelError(Exception):
    """WireGuard or nftables did not do what was asked."""


class ChannelError(Exception):
    """The channel to the hub is down, or its other end does not keep to the protocol."""
