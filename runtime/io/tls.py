"""TLS around the two sockets of a link, between two nodes of ours: a kernel speaks none.

Both nodes show a certificate, signed by an authority that the other one trusts and with the name
that it expects. TLS 1.3 and nothing older. The engine sees nothing of all this: it gets channels.
"""

import asyncio
import ssl
from typing import Final, cast

from runtime.errors import ConfigError
from runtime.node_config import NbdTls, Tls

HANDSHAKE_S_MAX: Final = 10.0  # of this a stranger may keep a connection that says nothing


class TlsSides:
    """What both ends of a connection need; made once, so that bad files are found at once."""

    def __init__(self, tls: Tls) -> None:
        """ConfigError when a file is missing, or not what it should be."""
        self.peer_name = tls.peer_name
        self.of_connecting = _context(tls, ssl.PROTOCOL_TLS_CLIENT)
        self.of_accepting = _context(tls, ssl.PROTOCOL_TLS_SERVER)

    def stranger(self, transport: asyncio.BaseTransport) -> str:
        """Why who has connected is not the peer; empty when it is.

        Whoever opens a connection checks the name by itself; whoever accepts has to ask.
        """
        certificate = transport.get_extra_info("peercert") or {}
        names = cast("tuple[tuple[str, str], ...]", certificate.get("subjectAltName", ()))
        if ("DNS", self.peer_name) in names:
            return ""
        shown = ", ".join(name for _, name in names) or "no name"
        return f"its certificate is of {shown}, expected is {self.peer_name}"


def context_of_nbd(tls: NbdTls) -> ssl.SSLContext:
    """What an NBD server needs; ConfigError as above."""
    return _context(tls, ssl.PROTOCOL_TLS_SERVER)


def _context(tls: Tls | NbdTls, protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    for path in (tls.certificate, tls.key, tls.authority):
        try:
            path.open("rb").close()
        except OSError as error:
            raise ConfigError(f"tls: {path}: {error.strerror}") from error
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except ssl.SSLError as error:
        raise ConfigError(
            f"tls: {tls.certificate} and {tls.key} are no certificate with its key: {reason(error)}"
        ) from error
    try:
        context.load_verify_locations(tls.authority)
    except ssl.SSLError as error:
        raise ConfigError(f"tls: {tls.authority} holds no certificate: {reason(error)}") from error
    return context


def reason(error: Exception) -> str:
    """What went wrong in a handshake, in words for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason in PLAIN:
        return "it does not speak TLS"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, ConnectionError | ssl.SSLEOFError):
        return "it ended the handshake: it has no tls, or does not accept this node's certificate"
    if isinstance(error, TimeoutError):
        return f"no TLS handshake within {HANDSHAKE_S_MAX:g} s"
    return str(error)


PLAIN: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_MESSAGE"})
"""What OpenSSL calls the first bytes of something else."""
