"""What attackers do in the soak: each asks and breaks off, reads nothing, or sends what is no honest request."""

import json
import pathlib
import random
import socket
import time

import h2

BOMBS = pathlib.Path(__file__).resolve().parents[2] / "api/tests/attacks/bombs"
LOOKUP = "/v1/segments/lookup"


class Attackers:
    """The attacks on a site's servers; who uses it has `site` and `server()`."""

    def bomb(self):
        name, coding = random.choice([("spaces.br", "br"), ("spaces.zst", "zstd"), ("lines.br", "br")])
        head = {"content-type": random.choice(["application/json", "application/x-ndjson"]), "content-encoding": coding}
        self.server().ask("POST", LOOKUP, (BOMBS / name).read_bytes(), head, self.site.attacker)

    def stranger(self):
        server = self.server()
        connection = server.connect()
        for _ in range(200):
            server.ask("GET", "/v1/customers/00001/segment", connection=connection)
        connection.close()

    def raw(self, data, wait):
        with socket.create_connection(("127.0.0.1", self.server().port), 10) as s:
            s.settimeout(wait)
            s.sendall(data)
            time.sleep(wait)

    def list(self, key, kind, ids, wait):
        head = f"POST {LOOKUP} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}"
        self.raw(f"{head}\r\ncontent-length: {len(ids)}\r\n\r\n".encode() + ids, wait)

    def gone(self):
        self.list(self.site.limited, "application/x-ndjson", b'"00001"\n' * 100_000, 0.2)

    def unread(self):
        self.list(self.site.attacker, "application/json", json.dumps({"ids": ["00001"] * 10_000}).encode(), 1)

    def slow(self):
        self.raw(b"GET /v1/run HTTP/1.1\r\nhost: local", 1)

    def get(self, path, host="localhost"):
        key = self.site.attacker
        return f"GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\r\n".encode()

    def parquet(self):
        self.raw(self.get("/v1/export?format=parquet"), 1)

    def workbook(self):
        self.raw(self.get("/v1/export?format=xlsx"), 2)

    def moved(self):
        form = random.choice(["ndjson", "parquet"])
        self.raw(self.get(f"/v1/changes?format={form}"), 1)

    def wrong_host(self):
        self.raw(self.get("/v1/export?format=parquet", "evil.example") + self.get("/v1/run", "127.0.0.1.evil.example"), 0.2)

    def pipelined(self):
        self.raw(self.get("/v1/customers/00001/segment") * 500 + self.get("/v1/export?format=parquet") * 20, 1)

    def streams(self):
        client = h2.Client(self.site.secure.port, random.choice([0, 65_535]))
        for n in range(50):
            client.ask(n, "/v1/export?format=parquet", self.site.attacker)
        time.sleep(1)
        client.close()
