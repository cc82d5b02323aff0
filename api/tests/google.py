#!/usr/bin/env python3
"""Google Cloud Storage in memory, as far as its pages describe what `object_store` asks for: google.py PORT TOKEN

The XML interface's get, put on condition of a generation, delete and list in short pages
(https://cloud.google.com/storage/docs/xml-api/reference-methods), with the bearer token that the machine's metadata
server hands out, which is here, too; asked by the name `localhost`, that one hands out a token that is not valid.
There is one bucket, `segments`.
"""

import email.utils
import hashlib
import http.server
import itertools
import json
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

PORT, TOKEN = int(sys.argv[1]), sys.argv[2]
BUCKET, PAGE = "segments", 20
objects, generations, lock = {}, itertools.count(1), threading.Lock()


class Storage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"content-length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code, message):
        self.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())

    def token(self):
        assert self.headers["Metadata-Flavor"] == "Google", self.headers
        valid = not self.headers["Host"].startswith("localhost")
        token = {"access_token": TOKEN if valid else "of nobody", "expires_in": 3600, "token_type": "Bearer"}
        self.answer(200, json.dumps(token).encode(), content_type="application/json")

    def named(self):
        """The object's name, empty for the bucket's; None once the request was refused."""
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.refuse(401, "AuthenticationRequired", "Authentication required.")
        bucket, _, name = urllib.parse.unquote(self.path.split("?")[0]).removeprefix("/").partition("/")
        if bucket != BUCKET:
            return self.refuse(404, "NoSuchBucket", "The specified bucket does not exist.")
        return name

    def do_GET(self):
        if self.path.startswith("/computeMetadata/"):
            return self.token()
        name = self.named()
        if name == "":
            return self.list()
        if name is not None:
            with lock:
                found = objects.get(name)
            if found is None:
                return self.refuse(404, "NoSuchKey", "The specified key does not exist.")
            data, generation, modified = found
            self.answer(200, data, **self.version(data, generation), last_modified=email.utils.formatdate(modified, usegmt=True))

    def version(self, data, generation):
        return {"etag": f'"{hashlib.md5(data).hexdigest()}"', "x_goog_generation": generation}

    def list(self):
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        assert query["list-type"] == "2" and "delimiter" not in query, query
        after = query.get("continuation-token", "")
        with lock:
            names = [name for name in sorted(objects) if name.startswith(query.get("prefix", "")) and name > after]
            sizes = [(name, len(objects[name][0])) for name in names[:PAGE]]
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{size}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for name, size in sizes
        )
        more = f"<NextContinuationToken>{escape(sizes[-1][0])}</NextContinuationToken>" if len(names) > PAGE else ""
        self.answer(200, f"<?xml version='1.0'?><ListBucketResult>{rows}{more}</ListBucketResult>".encode())

    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if name := self.named():
            expected = self.headers["x-goog-if-generation-match"]
            with lock:
                there = objects[name][1] if name in objects else 0
                if matches := expected is None or int(expected) == there:
                    objects[name] = (data, next(generations), time.time())
                    generation = objects[name][1]
            if not matches:
                return self.refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
            self.answer(200, **self.version(data, generation))

    def do_DELETE(self):
        if name := self.named():
            with lock:
                found = objects.pop(name, None)
            self.answer(204) if found else self.refuse(404, "NoSuchKey", "The specified key does not exist.")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", PORT), Storage).serve_forever()
