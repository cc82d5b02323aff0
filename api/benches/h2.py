"""A client of HTTP/2 that asks and does not read: enough of the protocol for that."""

import socket
import ssl
import struct

HEADERS, SETTINGS = 1, 4
WINDOW = 4


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(value):
    """A text of HPACK, at most 126 bytes."""
    return bytes([len(value)]) + value.encode()


class Client:
    """A connection on which every answer has a window of so many bytes."""

    def __init__(self, port, window=65_535):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10))
        setting = struct.pack(">HI", WINDOW, window)
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, setting))

    def ask(self, n, path, key):
        """GET of a path as the nth request. The names are those of HPACK's static table."""
        method, scheme, by_path, by_authority, by_authorization = b"\x82", b"\x87", b"\x04", b"\x01", b"\x0f\x08"
        fields = method + scheme + by_path + text(path) + by_authority + text("localhost")
        fields += by_authorization + text(f"Bearer {key}")
        self.socket.sendall(frame(HEADERS, 5, 2 * n + 1, fields))

    def close(self):
        self.socket.close()
