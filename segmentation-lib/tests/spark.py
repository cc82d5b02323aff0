#!/usr/bin/env python3
"""`segment` on a Spark Connect server, as `spark.sh` starts it: spark.py SAIL SEGMENT SEGMENT_SPARK

Sail serves on loopback. Online Retail through it gives the ledger, the decisions and the content digest of the file;
every type that a purchase may have arrives; what is wrong with a query, an address, a certificate or a server is one
line with nothing published and no file left; Ctrl-C, a reader that goes away and a server that is killed end a fetch.
Needs only Python's standard library.
"""

import csv
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

SAIL, SEGMENT, SPARK = sys.argv[1:4]
ROOT = pathlib.Path(__file__).resolve().parents[2]
RETAIL = ROOT / "data/online-retail/OnlineRetail.parquet"
WORK = pathlib.Path(tempfile.mkdtemp(prefix="segment-spark-"))
TEMPORARY = WORK / "tmp"
STORE = WORK / "store"
PATIENCE = 180
SECRET = "dapi-never-shown-0123456789"
# Runs for hours and gives no row, or gives rows for hours.
SILENT = "SELECT a.id + b.id AS x FROM range(100000000) a CROSS JOIN range(1000) b WHERE a.id * b.id % 7 = 8"
ENDLESS = """SELECT a.id AS customer_id, DATE'2024-01-01' AS purchase_date, 1.5 AS amount
  FROM range(100000000) a CROSS JOIN range(1000) b"""
RUNNING = "SELECT 1 AS running FROM system.execution.jobs WHERE status = 'RUNNING'"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what, done):
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"it never comes: {what}"
        time.sleep(0.1)


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """Sail, with its workers as threads of one process."""

    def __init__(self):
        self.port = free_port()
        self.url = f"sc://127.0.0.1:{self.port}"
        command = [SAIL, "spark", "server", "--port", str(self.port)]
        self.log = open(WORK / "sail.log", "ab")
        self.process = subprocess.Popen(command, env=os.environ | {"SAIL_MODE": "local-cluster"}, stdout=self.log, stderr=self.log)
        wait("Sail", lambda: listening(self.port))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name != "SPARK_CONNECT_TOKEN"}
    return kept | {"TMPDIR": str(TEMPORARY), "SEGMENT_SPARK": SPARK} | more


def spark(*arguments, query, **more):
    return subprocess.run([SPARK, *arguments], input=query, text=True, capture_output=True, timeout=PATIENCE, env=environment(**more))


def started(*arguments, query):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(arguments, text=True, env=environment(), **pipes)
    if query is not None:
        process.stdin.write(query)
    process.stdin.close()
    process.stdin = None
    return process


def folder():
    return tempfile.mkdtemp(dir=WORK)


def fetched(url, query):
    """Rows, and the folder that they are in."""
    into = folder()
    done = spark("fetch", url, "--into", into, query=query)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1] == {"done": True, "rows": sum(line["rows"] for line in lines[:-1])}, lines[-1]
    return lines[-1]["rows"], into


def run(*arguments, store=STORE, command="run", **more):
    command = [SEGMENT, command, *map(str, arguments), *(["--store", str(store)] if command == "run" else [])]
    return subprocess.run(command, text=True, capture_output=True, timeout=300, env=environment(**more))


def said(done):
    """What a run says of itself, without times and names."""
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer, answer["manifest"]


def one_line(done, code, *words):
    """It ends with `code`, and the one line of its error has the words."""
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], f"{word!r} is not in {lines[0]!r}"
    assert "\tat " not in done.stderr and SECRET not in done.stderr + done.stdout, done.stderr


def nothing_left():
    assert list(TEMPORARY.iterdir()) == [], list(TEMPORARY.iterdir())


def same_as_the_file(url):
    """A query over the table, and the file: ledger, decisions, content."""
    store = WORK / "of-file"
    whole, file = said(run("--input", RETAIL, "--json", store=store))
    query = f"SELECT * FROM parquet.`{RETAIL}`"
    answer, table = said(run("--input", url, "--query", query, "--json"))
    assert table["ledger"] == file["ledger"], (table["ledger"], file["ledger"])
    assert table["content_sha256"] == file["content_sha256"]
    named = lambda texts, name: [json.dumps(text, ensure_ascii=False).replace(name, "NAME") for text in texts]
    origin = table["source"]["inputs"][0]["name"]
    assert origin.startswith(f"{url} query SELECT * FROM parquet."), origin
    assert answer["segments"] == whole["segments"]
    of_file, of_table = named(whole["decisions"], RETAIL.name), named(answer["decisions"], origin)
    assert of_table == of_file, (of_table, of_file)
    nothing_left()
    print(f"Online Retail through Sail: ledger, decisions, segments and content {table['content_sha256'][:8]} are the file's")
    return table["run_id"]


def assignments(store):
    """Each customer with the segment, and the figures that decide it."""
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv", "--store", store, command="export").stdout)))
    assert len(rows) > 4000, len(rows)
    return [[row[name] for name in ("customer_id", "segment_id", "segment", "recency", "frequency", "monetary")] for row in rows]


def pushed_down(url):
    """Cleaned and summed on the server: ledger, look-back, names and every customer's segment are the file's."""
    store, query = WORK / "pushed", f"SELECT * FROM parquet.`{RETAIL}`"
    _, table = said(run("--input", url, "--query", query, "--push-down", "--json", store=store))
    file = json.loads(run("--json", "--store", WORK / "of-file", command="show").stdout)["manifest"]
    assert table["ledger"] == file["ledger"], (table["ledger"], file["ledger"])
    assert table["naming"] == file["naming"], (table["naming"], file["naming"])
    assert table["foresight"] == file["foresight"], (table["foresight"], file["foresight"])
    assert assignments(store) == assignments(WORK / "of-file")
    assert table["source"]["inputs"][0]["name"].startswith(f"{url} query SELECT * FROM parquet."), table["source"]
    warnings = [warning["text"]["en"] for warning in table["warnings"]]
    assert any("there is no forecast with its trial, no best products" in text for text in warnings), warnings
    command = run("--command", "--store", store, command="show").stdout
    assert "--push-down" in command, command
    asked = lambda query: run("--input", url, "--query", query, "--push-down", store=WORK / "none")
    text = f"SELECT CustomerID, InvoiceNo, CAST(InvoiceDate AS STRING) AS InvoiceDate, Quantity, UnitPrice FROM parquet.`{RETAIL}`"
    one_line(asked(text), 3, "the date in column \"InvoiceDate\", which is text")
    one_line(asked(f"SELECT * FROM parquet.`{RETAIL}` WHERE false"), 3, "none of the customers has a purchase")
    one_line(run("--input", RETAIL, "--push-down", store=WORK / "none"), 3, "--push-down goes with one input that is the address")
    assert not (WORK / "none").exists()
    nothing_left()
    print("cleaned and summed by Sail: ledger, names and every customer's segment are the file's")


def every_type(url):
    """Types that a purchase may have arrive, and are understood."""
    query = """SELECT CAST(id % 5 AS {customer}) AS customer_id, CAST('2024-03-0' || (1 + id % 7) || '{time}' AS {date}) AS purchased_at,
      CAST(id + 0.25 AS {money}) AS amount FROM range(40)"""
    ledgers = set()
    for customer, date, money in [
        ("bigint", "date", "double"),
        ("int", "timestamp_ntz", "decimal(12,2)"),
        ("string", "timestamp", "decimal(38,4)"),
        ("smallint", "timestamp", "float"),
        ("tinyint", "date", "decimal(5,2)"),
    ]:
        time_of_day = "" if date == "date" else " 23:30:00"
        rows, into = fetched(url, query.format(customer=customer, date=date, money=money, time=time_of_day))
        assert rows == 40
        checked = json.loads(run(into, "--json", command="check").stdout)
        ledgers.add(json.dumps([checked["customers"], checked["first"][:10], checked["last"][:10], checked["ledger"]]))
    assert len(ledgers) == 1, ledgers
    print("5 kinds of ids, dates and money arrive alike")


def bad_queries(url):
    columns = lambda query: spark("columns", url, query=query)
    fetch = lambda query: spark("fetch", url, "--into", folder(), query=query)
    one_line(columns("SELECT * FROM nowhere"), 2, "the query is not taken", "nowhere", "allowed is one SELECT")
    one_line(columns(f"SELECT nope FROM parquet.`{RETAIL}`"), 2, "the query is not taken", "nope")
    one_line(columns("SELEC 1"), 2, "the query is not taken")
    one_line(columns("  ; "), 2, "no query on standard input")
    # What is no query does nothing: it is not even a text that the server takes.
    one_line(columns("DROP TABLE sales"), 2, "the query is not taken")
    one_line(fetch("SELECT 1 AS id, array(1) AS tags"), 2, "column tags has the type array<int>", "CAST(tags AS STRING)")
    one_line(fetch("SELECT 1 AS id, CAST('x' AS binary) AS photo"), 2, "column photo has the type binary")
    one_line(fetch("SELECT 1 AS id, 2 AS id"), 2, "two columns named id", "with AS")
    one_line(fetch("SELECT CAST(id AS string) || raise_error('no such shop') AS a FROM range(10)"), 2, "no such shop")
    occupied = folder()
    assert spark("fetch", url, "--into", occupied, query="SELECT 1 AS a").returncode == 0
    before = (pathlib.Path(occupied) / "part-00000.parquet").read_bytes()
    one_line(spark("fetch", url, "--into", occupied, query="SELECT 2 AS a"), 2, "is there already")
    assert (pathlib.Path(occupied) / "part-00000.parquet").read_bytes() == before
    assert fetched(url, "SELECT 1 AS a WHERE false")[0] == 0

    retail = f"FROM parquet.`{RETAIL}`"
    asked = lambda query: run("--input", url, "--query", query)
    one_line(asked(f"SELECT nope {retail}"), 3, "nope")
    one_line(run("--input", url, "--table", "nowhere"), 3, "nowhere")
    one_line(asked(f"SELECT * {retail} WHERE false"), 3, "no row")
    one_line(asked(f"SELECT InvoiceDate, Country {retail}"), 3, "customer")
    nothing_left()
    print("bad queries, types and columns: one line each, nothing published")


def bad_addresses(url):
    away = f"sc://127.0.0.1:{free_port()}"
    query = "SELECT 1 AS a"
    one_line(spark("columns", away, query=query), 3, "cannot be reached", "Connection refused", "try again")
    one_line(spark("columns", "sc://host.invalid:1", query=query), 3, "cannot be reached")
    one_line(run("--input", away, "--table", "sales"), 1, "cannot be reached")
    one_line(spark("columns", f"http://127.0.0.1/;token={SECRET}", query=query), 2, "does not begin with sc://")
    one_line(spark("columns", f"sc://h:port/;token={SECRET}", query=query), 2, "allowed is sc://HOST")
    one_line(spark("columns", f"sc://10.0.0.1/;token={SECRET}", query=query), 2, "add use_ssl=true")
    one_line(spark("columns", "sc://10.0.0.1", query=query, SPARK_CONNECT_TOKEN=SECRET), 2, "add use_ssl=true")
    one_line(spark("columns", f"{url}/;use_ssl=true;token={SECRET}", query=query), 2, "does not prove who it is")
    # Whatever a server says, the token is not repeated.
    one_line(spark("columns", f"{url}/;token={SECRET}", query=f"SELECT {SECRET.replace('-', '_')} FROM `{SECRET}`"), 2, "***")
    one_line(run("--input", f"{url}/;token={SECRET}", "--table", "nowhere"), 3, "nowhere")
    nothing_left()
    print("servers that are away, addresses and tokens: one line each, the token in none")


def bad_certificates():
    """A server whose certificate nobody vouches for."""
    if not shutil.which("openssl"):
        print("skipped: a certificate that does not fit (openssl is not installed)")
        return
    key, certificate = WORK / "key.pem", WORK / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE",
               "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    url = f"sc://localhost:{listener.getsockname()[1]}/;use_ssl=true;token={SECRET}"
    one_line(spark("columns", url, query="SELECT 1"), 2, "does not prove who it is", "invalid peer certificate", "SSL_CERT_FILE")
    # With the root, its name must still be the host's.
    other = url.replace("localhost", "127.0.0.1")
    one_line(spark("columns", other, query="SELECT 1", SSL_CERT_FILE=str(certificate)), 2, "not valid for name")
    listener.close()
    print("certificates that do not fit: one line each")


def jobs(url):
    """Jobs that the server runs, the question one of them; none where a busy machine's workers broke the question off."""
    done = spark("fetch", url, "--into", folder(), query=RUNNING)
    if done.returncode != 0:
        assert "broke off" in done.stderr, done.stderr
        return None
    return json.loads(done.stdout.splitlines()[-1])["rows"]


def interrupted(url):
    """Ctrl-C, SIGTERM and a reader that goes away cancel the query on the server."""
    for how in "SIGINT", "SIGTERM", "nobody reads":
        into = folder()
        process = started(SPARK, "fetch", url, "--into", into, query=SILENT)
        # Its own question is a job too.
        wait("the query", lambda: (jobs(url) or 0) > 1)
        if how == "nobody reads":
            process.stdout.close()
            process.stdout = None
        else:
            process.send_signal(getattr(signal, how))
        _, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130 and how in error, (process.returncode, error)
        wait("the end of the query", lambda: jobs(url) == 1)
        assert os.listdir(into) == []
    process = started(SEGMENT, "run", "--input", url, "--query", ENDLESS, "--store", str(STORE), query=None)
    wait("rows", lambda: any(TEMPORARY.rglob("part-*.parquet")))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, process.returncode
    wait("the end of the query", lambda: jobs(url) == 1)
    nothing_left()
    print("SIGINT, SIGTERM and a reader that goes away: the query is cancelled on the server, no part is left")


def dies(server):
    """The server dies while rows come: to the program alone, then, another server, to a run."""
    into, heard = folder(), WORK / "said"
    with open(heard, "w") as out:
        process = subprocess.Popen([SPARK, "fetch", server.url, "--into", into], stdin=subprocess.PIPE, stdout=out,
                                   stderr=subprocess.PIPE, text=True, env=environment())
    process.stdin.write(ENDLESS)
    process.stdin.close()
    process.stdin = None
    wait("rows", lambda: os.listdir(into))
    server.kill()
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3 and "the cluster broke off" in error and error.count("\n") == 1, (process.returncode, error)
    assert os.listdir(into) == [] and '"done"' not in heard.read_text()

    server = Server()
    product = started(SEGMENT, "run", "--input", server.url, "--query", ENDLESS, "--store", str(STORE), query=None)
    wait("rows", lambda: any(TEMPORARY.rglob("part-*.parquet")))
    server.kill()
    _, error = product.communicate(timeout=PATIENCE)
    assert product.returncode == 1 and "broke" in error, (product.returncode, error)
    nothing_left()
    print("a server that is killed while rows come: one line, exit codes 3 and 1, nothing left")


def main():
    TEMPORARY.mkdir()
    server = Server()
    try:
        run_id = same_as_the_file(server.url)
        pushed_down(server.url)
        every_type(server.url)
        bad_queries(server.url)
        bad_addresses(server.url)
        bad_certificates()
        interrupted(server.url)
        dies(server)
        runs = json.loads(run("--json", command="runs", SEGMENT_STORE=str(STORE)).stdout)
        assert [each["run_id"] for each in runs] == [run_id], runs
        print("of all these one run was published")
    except BaseException:
        print((WORK / "sail.log").read_text()[-2000:], file=sys.stderr)
        raise
    finally:
        server.process.kill()
        shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    main()
