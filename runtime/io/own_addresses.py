"""Whether an address is one of this machine."""

import socket

from runtime.node_config import Address


def is_own(address: Address) -> bool:
    """Whether somebody could listen there; no packet is sent to find out."""
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.bind((address.host, 0))
    except OSError:
        return False
    return True
