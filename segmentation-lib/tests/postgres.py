"""Tables of PostgreSQL: a cluster in a temporary directory, Online Retail in it, and what can go wrong.

    python3 segmentation-lib/tests/postgres.py SERVER_BIN SEGMENT_BIN

SERVER_BIN holds initdb and postgres, SEGMENT_BIN segment and examples/parquet_csv. Exits with 1 where a fact does not hold.
"""

import csv
import io
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SERVER, BIN = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
ROOT = pathlib.Path(__file__).resolve().parents[2]
RETAIL = ROOT / "data/online-retail/OnlineRetail.parquet"
ROWS = 541_909
CREATED = "2011-12-10T08:00:00Z"

TABLES = """
CREATE TABLE retail ("InvoiceNo" text, "StockCode" text, "Description" text, "Quantity" int4,
  "InvoiceDate" timestamp, "UnitPrice" float8, "CustomerID" int4, "Country" text);
\\copy retail FROM '{csv}' WITH (FORMAT csv, HEADER)
CREATE SCHEMA shop;
CREATE TABLE shop."My Sales" AS SELECT "InvoiceNo"::varchar(20) AS invoice_no, "StockCode"::varchar(20) AS stock_code,
  "Description" AS description, "Quantity"::int8 AS quantity, "InvoiceDate" AT TIME ZONE 'UTC' AS invoice_date,
  "UnitPrice"::numeric AS unit_price, "CustomerID"::int8 AS customer_id, "Country" AS country, '{{1}}'::int[] AS notes FROM retail;
CREATE TABLE growing AS SELECT * FROM retail;
CREATE TABLE nobody_s (customer_id text, order_date date, amount numeric(10, 2));
CREATE TABLE odd (customer_id text, order_date date, amount money, tags int[]);
INSERT INTO odd VALUES ('a', '2020-01-01', 5, '{{1}}');
CREATE TABLE hidden AS SELECT 1 AS customer_id, current_date AS order_date, 5.0 AS amount;
CREATE TABLE huge AS SELECT 'a' AS customer_id, current_date AS order_date, repeat('9', 60)::numeric AS amount;
CREATE TABLE types AS SELECT md5((n % 70)::text)::uuid AS customer_id, date '2020-01-01' + n AS order_date,
  (n % 9 + 1 + n % 70)::numeric(10, 2) AS amount FROM generate_series(0, 699) AS n;
CREATE ROLE reader LOGIN PASSWORD 'pa:ss\\word';
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON retail, shop."My Sales", growing, nobody_s, odd, huge, types TO reader;
"""

checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        sys.exit(f"postgres.py: does not hold: {what}")


class Server:
    """A cluster on loopback, with a certificate for localhost that an authority of its own has signed."""

    def __init__(self, root):
        self.root, self.data, self.certificates = root, root / "data", root / "certificates"
        # The server refuses to run as root.
        self.own = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.own = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(root, nobody.pw_uid, nobody.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.call(SERVER / "initdb", "-D", self.data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        self.certify()
        (self.data / "pg_hba.conf").write_text(
            "local all all trust\nhostssl all reader 127.0.0.1/32 scram-sha-256\n"
            "host all reader 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 reject\n"
        )
        self.start()

    def call(self, *words):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=self.root, **self.own)
        check(done.returncode == 0, f"{words}: {done.stdout}{done.stderr}")

    def certify(self):
        """An authority, a certificate of localhost signed by it, and another authority."""
        self.call("mkdir", self.certificates)
        at = self.certificates
        for name in ["authority", "other"]:
            self.call(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", at / f"{name}.key", "-out", at / f"{name}.pem",
            )
        self.call(
            "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-keyout", at / "server.key", "-out", at / "server.csr",
        )
        self.call("sh", "-c", f"echo 'subjectAltName=DNS:localhost' > {at}/names")
        self.call(
            "openssl", "x509", "-req", "-in", at / "server.csr", "-CA", at / "authority.pem", "-CAkey", at / "authority.key",
            "-CAcreateserial", "-days", "2", "-extfile", at / "names", "-out", at / "server.pem",
        )

    def start(self, *settings):
        at = self.certificates
        words = [
            SERVER / "postgres", "-D", self.data, "-k", self.root, "-p", self.port, "-c", "listen_addresses=127.0.0.1",
            "-c", "ssl=on", "-c", f"ssl_cert_file={at}/server.pem", "-c", f"ssl_key_file={at}/server.key",
            "-c", "fsync=off", "-c", "max_wal_size=4GB", "-c", "timezone=America/Sao_Paulo", *settings,
        ]
        log = open(self.root / "log", "ab")
        self.process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, cwd=self.root, **self.own)
        for _ in range(200):
            if self.ask("SELECT 1", strict=False) == "1":
                return
            time.sleep(0.05)
        sys.exit(f"postgres.py: the server does not start: {(self.root / 'log').read_text()}")

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.wait()

    def ask(self, sql, strict=True):
        words = [SERVER / "psql", "-h", self.root, "-p", str(self.port), "-U", "admin", "-qAtX", "-v", "ON_ERROR_STOP=1", "postgres"]
        done = subprocess.run(words, input=sql, capture_output=True, text=True)
        check(not strict or done.returncode == 0, f"psql: {done.stderr}")
        return done.stdout.strip()


class Segment:
    """The program, with a directory of temporary files of its own that must be empty after each command."""

    def __init__(self, root, server):
        self.root, self.temporary, self.server = root / "segment", root / "segment/tmp", server
        self.temporary.mkdir(parents=True)
        self.url = f"postgresql://reader@localhost:{server.port}/postgres"
        self.shown = f"postgresql://localhost:{server.port}/postgres"

    def start(self, *words, password="pa:ss\\word", **environment):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.root), "TMPDIR": str(self.temporary), "RUST_BACKTRACE": "0",
            **({"PGPASSWORD": password} if password else {}), **environment,
        }
        words = [str(BIN / "segment"), *[str(word) for word in words], "--quiet"]
        return subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=self.root
        )

    def run(self, *words, **environment):
        running = self.start(*words, **environment)
        out, errors = running.communicate(timeout=120)
        check(not list(self.temporary.iterdir()), f"{words}: nothing stays in TMPDIR: {list(self.temporary.iterdir())}")
        return running.returncode, out, errors

    def good(self, *words, **environment):
        code, out, errors = self.run(*words, "--json", **environment)
        check(code == 0, f"{words}: {errors}")
        check("pa:ss" not in out + errors, f"{words}: the password is in no text")
        return json.loads(out)

    def bad(self, code, *fragments, words=None, url=None, **environment):
        """One line with the fragments, an exit code, nothing published."""
        url = url or self.url
        words = words or ["--table", "retail"]
        got, out, errors = self.run("run", "--input", url, *words, "--store", self.root / "none", **environment)
        lines = [line for line in errors.splitlines() if not line.startswith("hint: ")]
        check(got == code and len(lines) == 1, f"{url} {words}: {got}, {errors}{out}")
        for fragment in fragments:
            check(fragment in errors, f"{url} {words}: {fragment!r} is in {errors}")
        check("pa:ss" not in errors and "reader@" not in errors, f"{words}: no secret is in {errors}")
        check(not (self.root / "none").exists() or not list((self.root / "none").glob("runs/*")), "nothing is published")


def same_run(segment):
    """One table, as a file and in two tables of other types: one ledger, one digest."""
    common = ["--name", "retail", "--created-at", CREATED, "--k", "4", "--algorithm", "kmeans"]
    file = segment.good("run", "--input", RETAIL, *common, "--store", segment.root / "file")
    for number, table in enumerate(["retail", 'shop."My Sales"']):
        name = f"{segment.shown} table {table}"
        store = segment.root / f"table{number}"
        read = segment.good("run", "--input", segment.url, "--table", table, *common, "--store", store)
        check(read["manifest"]["content_sha256"] == file["manifest"]["content_sha256"], f"{table}: one digest")
        check(read["manifest"]["ledger"] == file["manifest"]["ledger"], f"{table}: one ledger")
        check(read["manifest"]["source"]["rows"] == ROWS, f"{table}: all rows")
        check([file["name"] for file in read["manifest"]["source"]["inputs"]] == [name], f"{table}: its name")
        if table == "retail":
            decisions = [text.replace(name, RETAIL.name) for text in read["decisions"]]
            check(decisions == file["decisions"], f"decisions: {decisions} and {file['decisions']}")
        else:
            check(any("those of UTC" in text for text in read["decisions"]), f"UTC days are said: {read['decisions']}")
        shown = segment.run("show", "--command", "--store", store)[1]
        quoted = f"'{table}'" if '"' in table else table
        parts = [f"--input {segment.shown} ", f"--table {quoted} "]
        check(all(part in shown for part in parts), f"the command that repeats it: {shown}")
    print(f"one ledger and one digest: {file['manifest']['content_sha256'][:8]}")


def assignments(segment, store):
    """Each customer with the segment, and the figures that decide it."""
    rows = list(csv.DictReader(io.StringIO(segment.run("export", "--format", "csv", "--store", segment.root / store)[1])))
    names = ("customer_id", "segment_id", "segment", "recency", "frequency", "monetary")
    return [[row[name] for name in names] for row in rows]


def pushed_down(segment):
    """Cleaned and summed there: ledger, look-back, names and every customer's segment are the file's."""
    common = ["--name", "retail", "--created-at", CREATED, "--k", "4", "--algorithm", "kmeans"]
    file = json.loads(segment.run("show", "--json", "--store", segment.root / "file")[1])["manifest"]
    for number, table in enumerate(["retail", 'shop."My Sales"']):
        store = f"pushed{number}"
        words = ["run", "--input", segment.url, "--table", table, "--push-down", *common, "--store", segment.root / store]
        read = segment.good(*words)["manifest"]
        check(read["ledger"] == file["ledger"], f"{table}: one ledger: {read['ledger']} and {file['ledger']}")
        check(read["naming"] == file["naming"], f"{table}: names and look-back: {read['naming']} and {file['naming']}")
        check(assignments(segment, store) == assignments(segment, "file"), f"{table}: every customer's segment")
        check("--push-down" in segment.run("show", "--command", "--store", segment.root / store)[1], "the command repeats it")
    pushed = ["--push-down", "--table"]
    segment.bad(3, "none of the customers has a purchase", words=[*pushed, "nobody_s"])
    segment.bad(3, "permission denied for table hidden", words=[*pushed, "hidden"])
    segment.bad(3, "cannot be said in SQL", words=[*pushed, "retail", "--duplicates", "drop"])
    print("cleaned and summed by PostgreSQL: ledger, names and every customer's segment are the file's")


def texts(segment, server):
    """The texts of `segment sql`, run there, remove and keep the same lines."""
    made = segment.good("sql", "--dialect", "postgres", "--input", segment.url, "--table", "retail")
    sums = f"SELECT rule, sum(lines), sum(pennies) FROM ({made['ledger']}) AS sums GROUP BY rule ORDER BY rule;"
    customers = f"SELECT count(*), sum(lines), sum(net_pennies) FROM ({made['features']}) AS customers;"
    *rules, there = server.ask(f"{made['views']}\n{sums}\n{customers}").splitlines()
    ledger = segment.good("check", segment.url, "--table", "retail")["ledger"]
    lines = [(line["rows"], line["amount_pennies"]) for line in ledger[1:] if line["rows"]]
    check([tuple(int(part or 0) for part in rule.split("|")[1:]) for rule in rules] == lines, f"{rules} and {lines}")
    kept = ledger[-1]
    check(there == f"{kept['customers']}|{kept['rows']}|{kept['amount_pennies']}", f"{there} and {kept}")


def other_types(segment):
    read = segment.good("check", segment.url, "--table", "types")
    check((read["rows"], read["customers"]) == (700, 70), f"uuid, date and numeric(10, 2): {read['rows']}")
    check(read["sample"][0]["id"].count("-") == 4, f"a uuid as text: {read['sample'][0]}")
    read = segment.good("check", segment.url, "--table", 'shop."My Sales"')
    check(read["tables"][0]["unused"] == ["notes"], f"what was not fetched is said: {read['tables']}")
    query = 'SELECT "CustomerID", "InvoiceDate", "Quantity" * "UnitPrice" AS total FROM retail -- all;'
    read = segment.good("check", segment.url, "--query", query)
    check(read["tables"][0]["place"].startswith(f"{segment.shown} query SELECT "), f"{read['tables']}")
    check("(sha256 " in read["tables"][0]["place"], "a query's name holds its SHA-256")


def passwords(segment, certificates):
    """From the address, from the file of passwords, and by TLS that is verified."""
    small = ["--table", "types"]
    given = segment.url.replace("reader@", "reader:pa%3Ass%5Cword@")
    segment.good("check", given, *small, password=None)
    file = segment.root / ".pgpass"
    file.write_text("# a comment\nlocalhost:*:postgres:reader:pa\\:ss\\\\word\n")
    file.chmod(0o600)
    segment.good("check", segment.url, *small, password=None)
    file.chmod(0o644)
    segment.bad(1, "asks for a password", ".pgpass is not read", words=small, password=None)
    file.unlink()
    segment.bad(1, "asks for a password and none was given", words=small, password=None)
    segment.bad(1, "password authentication failed", "PGPASSWORD", words=small, password="wrong")
    trusted = f"sslmode=verify-full&sslrootcert={certificates}/authority.pem"
    segment.good("check", f"{segment.url}?{trusted}", *small)
    segment.good("check", f"{segment.url}?sslmode=disable", *small)
    segment.good("check", f"{segment.url}?sslmode=require", *small)
    other = f"{segment.url}?sslmode=verify-full&sslrootcert={certificates}/other.pem"
    segment.bad(1, "no safe connection", "sslrootcert=FILE", words=small, url=other)
    segment.bad(1, "no safe connection", "sslrootcert=FILE", words=small, url=f"{segment.url}?sslmode=verify-full")
    number = f"{segment.url}?{trusted}".replace("localhost", "127.0.0.1")
    segment.bad(1, "no safe connection", words=small, url=number)
    segment.bad(3, "sslmode", "verify-full", words=small, url=f"{segment.url}?sslmode=yes")
    segment.bad(3, "sslrootcert", "PEM", words=small, url=f"{segment.url}?sslmode=verify-full&sslrootcert=/none.pem")


def bad_input(segment):
    segment.bad(3, 'relation "retial" does not exist', "tables there: retail", words=["--table", "retial"])
    segment.bad(3, "permission denied for table hidden", "GRANT SELECT", words=["--table", "hidden"])
    segment.bad(3, "there is no row in it", words=["--table", "nobody_s"])
    segment.bad(3, '"amount" is of type money', "numeric(20, 2)", words=["--table", "odd"])
    segment.bad(3, '"amount", row 1', "more than 38 digits", words=["--table", "huge"])
    segment.bad(3, "no column \"price\"", words=["--table", "types", "--column", "amount=price"])
    segment.bad(3, 'column "customer" does not exist', words=["--query", "SELECT customer FROM retail"])
    segment.bad(3, "syntax error", words=["--query", "SELECT FROM WHERE"])
    segment.bad(3, "syntax error", words=["--query", "DELETE FROM retail"])
    twice = 'SELECT a."CustomerID", b."CustomerID", a."InvoiceDate", 1.0 AS total FROM retail a, retail b'
    segment.bad(7, "several columns may be the customer", words=["--query", twice])
    segment.bad(3, "is no name of a table", words=["--table", "retail; DROP TABLE retail"])
    segment.bad(3, "no table is named", words=["--seed", "1"])
    segment.bad(3, 'database "none" does not exist', url=segment.url.replace("/postgres", "/none"))
    segment.bad(3, "mysql", "postgresql://HOST", url="mysql://localhost/shop")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = f"postgresql://localhost:{free.getsockname()[1]}/postgres"
    segment.bad(1, "cannot be reached", url=away)


def rows_that_arrive(segment, server):
    """What is inserted meanwhile is not seen, or whole: one snapshot."""
    inserting = threading.Event()

    def insert():
        batch = "INSERT INTO growing SELECT * FROM retail LIMIT 1000;"
        while not inserting.is_set():
            server.ask(batch)

    thread = threading.Thread(target=insert, daemon=True)
    thread.start()
    read = segment.good("check", segment.url, "--table", "growing")
    inserting.set()
    thread.join()
    rows = read["ledger"][0]["rows"]
    check(rows >= ROWS and (rows - ROWS) % 1000 == 0, f"whole batches: {rows}")
    now = int(server.ask("SELECT count(*) FROM growing"))
    check(now > rows, f"rows did arrive: {rows} read, {now} now")


SLOW = 'SELECT *, pg_sleep(0.001) IS NULL AS slow FROM retail LIMIT 200000'


def slow_run(segment, server):
    running = segment.start("run", "--input", segment.url, "--query", SLOW, "--column", "customer=CustomerID", "--duplicates", "drop", "--store", segment.root / "none")
    for _ in range(200):
        if server.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'segment' AND query LIKE 'COPY%'") == "1":
            break
        time.sleep(0.05)
    time.sleep(0.3)
    check(running.poll() is None, "it is reading")
    return running


def interrupted(segment, server):
    running = slow_run(segment, server)
    check(list(segment.temporary.iterdir()), "the rows go to TMPDIR")
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    check(running.returncode == 130, f"interrupted: {running.returncode} {errors}")
    check(not list(segment.temporary.iterdir()), "an interrupted run leaves no temporary directory")
    time.sleep(0.5)
    left = server.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'segment' AND state = 'active'")
    check(left == "0", "the query is cancelled there")


def killed(segment, server):
    running = slow_run(segment, server)
    server.stop(signal.SIGQUIT)
    _, errors = running.communicate(timeout=20)
    check(running.returncode == 1 and "broken off after" in errors, f"killed: {running.returncode} {errors}")
    check(len(errors.splitlines()) == 1, f"one line: {errors}")
    check(not list(segment.temporary.iterdir()), "a broken run leaves no temporary directory")
    check(not list((segment.root / "none").glob("runs/*")), "nothing is published")


def main():
    root = pathlib.Path(tempfile.mkdtemp(prefix="segment-postgres-"))
    root.chmod(0o755)
    server = Server(root)
    try:
        csv = root / "retail.csv"
        with open(csv, "wb") as out:
            subprocess.run([BIN / "examples/parquet_csv", RETAIL], stdout=out, check=True)
        server.ask(TABLES.format(csv=csv))
        segment = Segment(root, server)
        same_run(segment)
        pushed_down(segment)
        texts(segment, server)
        other_types(segment)
        passwords(segment, server.certificates)
        bad_input(segment)
        rows_that_arrive(segment, server)
        interrupted(segment, server)
        killed(segment, server)
    finally:
        if server.process.poll() is None:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)
    print(f"tables of PostgreSQL: {checked} facts hold")


if __name__ == "__main__":
    main()
