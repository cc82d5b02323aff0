#!/usr/bin/env python3
"""Takes the webhook of a publication: SEGMENT_WEBHOOK_SECRET=whsec_… webhook_receiver.py [PORT]"""
import base64, hashlib, hmac, http.server, json, os, sys, time

KEY = base64.b64decode(os.environ["SEGMENT_WEBHOOK_SECRET"].removeprefix("whsec_"))
seen = set()  # an event may arrive more than once; keep this in a database


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        event, sent = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        body = self.rfile.read(int(self.headers["content-length"]))
        mac = hmac.new(KEY, f"{event}.{sent}.".encode() + body, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(mac).decode()
        genuine = hmac.compare_digest(expected, self.headers["webhook-signature"] or "")
        if genuine and abs(time.time() - int(sent)) < 300 and event not in seen:
            seen.add(event)
            print(json.dumps(json.loads(body)["data"]), flush=True)  # fetch data["changes"] with your key here
        self.send_response(204 if genuine else 401)
        self.end_headers()


server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Receiver)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
