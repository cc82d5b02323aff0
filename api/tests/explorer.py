#!/usr/bin/env python3
"""The segment explorer in a real browser: Chromium, headless, driven over its debugging pipe.

    python3 api/tests/explorer.py [--pictures DIRECTORY]

Needs the built programs (`make build PROFILE=dev`) and Chromium (Debian package `chromium`). Without a
browser it says that it was skipped.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from accessibility import axe_script, violations

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / os.environ.get("PROFILE_DIR", "debug")


# The README's own key and each scope alone: whether the segments are shown, whether customers are found.
SCOPES = {
    "segments:read,assignments:read": (True, True),
    "segments:read": (True, False),
    "assignments:read": (False, True),
    "explain:read": (False, False),
    "export": (False, False),
    "admin": (False, False),
}


def no_table_is_cut_off(browser):
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    assert (cut := browser.evaluate(CUT_OFF)) == [], cut


def saved(browser, button):
    """What the page saves when this button is pressed: the bytes of the file."""
    browser.evaluate(f"window.file = null; save = (blob) => blob.arrayBuffer().then((bytes) => window.file = [...new Uint8Array(bytes)]); {button}.click()")
    browser.wait("window.file !== null")
    return bytes(browser.evaluate("window.file"))


class Browser:
    """One page of a headless Chromium; commands and events go through two pipes."""

    def __init__(self, program, profile):
        to_read, self.write = os.pipe()
        self.read, to_write = os.pipe()
        flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run --remote-debugging-pipe"
        # The browser reads commands from descriptor 3 and writes to 4.
        shell = f'exec "$0" {flags} --user-data-dir="$1" 3<&{to_read} 4>&{to_write}'
        self.process = subprocess.Popen(["sh", "-c", shell, program, profile], pass_fds=(to_read, to_write), stderr=subprocess.DEVNULL)
        os.close(to_read), os.close(to_write)
        self.rest, self.id, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    session = None

    def call(self, method, **params):
        self.id += 1
        message = {"id": self.id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.id:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def receive(self):
        while b"\0" not in self.rest:
            more = os.read(self.read, 1 << 16)
            assert more, "the browser ended"
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script, seconds=20):
        deadline = time.monotonic() + seconds
        while not self.evaluate(script):
            assert time.monotonic() < deadline, f"never true: {script}\n{self.evaluate('document.body.innerText')}"
            time.sleep(0.05)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key], text="\r" if key == "Enter" else "")

    def picture(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))

    def named(self, kind):
        return [event["params"] for event in self.events if event.get("method") == kind]


def segment(store, *args):
    """What the program prints, on this store."""
    return subprocess.run([BIN / "segment", *args, "--quiet", "--store", store], check=True, capture_output=True, text=True).stdout


def one_run(work):
    segment(work / "store", "run", "--validate", "--dataset", "cdnow", "--data", ROOT / "data")


def three_runs(work):
    """CDNOW as it was known on three days, published one after the other."""
    rows = [line.split() for line in (ROOT / "data/cdnow/CDNOW_master.txt").read_text().splitlines()]
    for until in ("19980101", "19980401", "19990101"):
        known = work / f"cdnow-{until}.csv"
        known.write_text("\n".join(["customer_id,date,quantity,amount", *(",".join(row) for row in rows if row[1] < until)]))
        segment(work / "store", "run", "--input", known, "--holdout", "10%")


def serve(work, publish):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    publish(work)
    create = [BIN / "segmentation-api", "keys", "--keys", work / "keys.json", "create", "--name", "explorer", "--scopes"]
    new = lambda scopes: subprocess.run([*create, scopes], check=True, capture_output=True, text=True).stdout.split()[0]
    key, others = new("segments:read,assignments:read,explain:read"), {scopes: new(scopes) for scopes in SCOPES}
    others["all"] = new("segments:read,assignments:read,explain:read,export")
    server = subprocess.Popen([BIN / "segmentation-api", "--store", work / "store", "--keys", work / "keys.json", "--bind", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready").read()
            return server, f"http://127.0.0.1:{port}/", key, others
        except OSError:
            time.sleep(0.1)
    sys.exit("the service does not start")


UNLABELLED = """[...document.querySelectorAll('input, textarea, button, a, [role=img], section')].filter((e) =>
    !(e.labels?.length || e.ariaLabel || e.getAttribute('aria-labelledby') || e.textContent.trim())).map((e) => e.outerHTML.slice(0, 80))"""
# Tables that are cut off: wider than the box that they scroll in.
CUT_OFF = """(document.querySelectorAll('details').forEach((e) => e.open = true), [...document.querySelectorAll('.scroll')].filter((e) =>
    e.clientWidth > 0 && e.scrollWidth > e.clientWidth).map((e) => `${e.id || e.ariaLabel}: ${e.scrollWidth} > ${e.clientWidth}`))"""
SHOWN = "document.querySelectorAll('.card').length === 6 && document.querySelectorAll('.main-svg').length >= 4"


def check(browser, address, key, store, pictures):
    shot = lambda name: browser.picture(pictures / f"{name}.png") if pictures else None
    text = lambda id: browser.evaluate(f"document.getElementById('{id}').innerText")

    # Without a key the page says what it wants, and shows nothing of the run.
    browser.call("Page.navigate", url=address + "#lang=en")
    browser.wait("document.getElementById('answer')?.innerText.includes('access key')")
    assert browser.evaluate("document.getElementById('access').open && document.getElementById('content').hidden")

    # By keyboard alone: the first stop skips the header, the key is typed and sent.
    browser.evaluate("document.body.focus()")
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.className") == "skip"
    browser.evaluate("document.getElementById('key').focus()")
    browser.call("Input.insertText", text=key)
    browser.press("Enter")
    browser.wait(SHOWN)

    # A pasted list, one customer of whom nothing is known; the customer alone is explained.
    browser.evaluate("document.getElementById('ids').focus()")
    browser.call("Input.insertText", text="00001\n00002;99999")
    browser.evaluate("document.querySelector('#lookup [type=submit]').click()")
    browser.wait("document.getElementById('answer').innerText === '2 found, 1 not found, 0 invalid'")
    assert "One-time buyers" in text("results") and "not found" in text("results")
    assert browser.evaluate("!document.getElementById('download').hidden")
    assert "Kneedle" in text("sheet") and "gap statistic" in text("sheet"), text("sheet")
    assert re.search(r"\b\d{1,2} [A-Z][a-z]+ \d{4}", text("run")), text("run")
    assert "how sure" in text("clear") and "silhouette" not in text("clear"), text("clear")
    assert "monetary (USD)" in text("places"), text("places")
    shot("desktop")
    listed = saved(browser, "document.getElementById('download')").decode("utf-8")
    assert saved(browser, "document.getElementById('download-xlsx')").startswith(b"PK")
    assert listed.startswith("\ufeffcustomer_id,status,") and len(listed.splitlines()) == 4, listed
    browser.evaluate("document.getElementById('ids').value = '00001'; document.querySelector('#lookup [type=submit]').click()")
    browser.wait("document.getElementById('customer').innerText.includes('percentile')")
    assert "RFM group" in text("customer") and "1-1-1" in text("customer"), text("customer")
    # A browser would take this id for a step in the path.
    browser.evaluate("explain('..')")
    browser.wait("document.getElementById('customer').innerText.includes('cannot be written in an address')")
    check_cards(browser, store, "en")

    # What the key is not for is said, not swallowed.
    browser.evaluate("document.querySelector('.card button:last-of-type').click()")
    browser.wait("document.querySelector('.card [role=alert]')?.innerText.includes('This key is not for that')")

    # A single run has nothing to be compared with.
    assert browser.evaluate("document.getElementById('movement').hidden")

    # Portuguese: every text changes, numbers too.
    browser.evaluate("document.querySelector('[data-language=pt_br]').click()")
    browser.wait("document.querySelector('.card h3').innerText === 'Campeões'")
    assert browser.evaluate("document.documentElement.lang") == "pt-BR"
    assert "23.502 clientes" in text("run"), text("run")
    assert "cotovelo da inércia" in text("sheet") and "Hopkins é" in text("sheet"), text("sheet")
    assert browser.evaluate(UNLABELLED) == []
    pictured = browser.evaluate("[...document.querySelectorAll('[role=img]')].map((e) => e.ariaLabel)")
    assert len(pictured) == 6 and all(any(word in label for word in ("Campeões", "k-means", "que aconteceram")) for label in pictured), pictured
    assert "em que ninguém sai" not in text("trial") and "Pareto/NBD" in text("trial"), text("trial")

    check_cards(browser, store, "pt_br")
    no_table_is_cut_off(browser)
    check_shading(browser)
    assert "grau de certeza" in text("clear") and "silhueta" not in text("clear"), text("clear")
    for language, button, name in (("pt-BR", "pt_br", "Campeões"), ("en", "en", "Champions")):
        browser.evaluate(f"document.querySelector('[data-language={button}]').click()")
        for scheme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.wait(f"document.querySelector('.card h3').innerText === '{name}' && matchMedia('(prefers-color-scheme: {scheme})').matches")
            time.sleep(0.5)
            assert (wrong := violations(browser, language)) == [], "\n".join([f"{language}, {scheme}:", *wrong])
    browser.evaluate("document.querySelector('[data-language=pt_br]').click()")

    # A phone, and a dark room.
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.evaluate("document.querySelectorAll('#sheet details').forEach((e) => e.open = true)")
    browser.wait("matchMedia('(prefers-color-scheme: dark)').matches && document.querySelectorAll('.main-svg').length >= 4")
    time.sleep(0.5)
    browser.wait("document.documentElement.scrollWidth <= 390")
    back = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(int(part) < 64 for part in back[4:-1].split(",")), back
    shot("phone-dark")

    urls = [event["request"]["url"] for event in browser.named("Network.requestWillBeSent")]
    elsewhere = [url for url in urls if not url.startswith((address, "data:", "blob:" + address, "about:"))]
    assert urls and not elsewhere, elsewhere
    problems = [event["entry"]["text"] for event in browser.named("Log.entryAdded") if "status of 40" not in event["entry"]["text"]]
    problems += browser.named("Runtime.exceptionThrown")
    problems += [event for event in browser.named("Runtime.consoleAPICalled") if event["type"] in ("error", "warning")]
    assert not problems, problems


def check_shading(browser):
    """The longest silence is on the bad side, the highest revenue on the good one."""
    shaded = browser.evaluate("""['recency', 'monetary'].map((name) => {
        const medians = state.segments.map((s) => feature(s, name).median);
        const row = [...document.querySelectorAll('#profile tbody tr')].find((row) => row.cells[0].innerText === text(name));
        return row.cells[1 + medians.indexOf(Math.max(...medians))].className;
    })""")
    assert "worse" in shaded[0].split() and "worse" not in shaded[1].split(), shaded


def check_cards(browser, store, language):
    """The page's cards are the program's, line by line."""
    cards = json.loads(segment(store, "show", "--json"))["cards"]
    shown = browser.evaluate("[...document.querySelectorAll('.card')].map((e) => [...e.querySelectorAll('dt, dd')].map((line) => line.textContent))")
    for card, lines in zip(cards, shown, strict=True):
        said = [(line["label"][language], line["text"][language]) for line in card["lines"]]
        assert sorted(said) == sorted(zip(lines[::2], lines[1::2])), (said, lines)


def check_movement(browser, address, key, store, pictures):
    """Program, API and page tell the same story of who moved."""
    told = json.loads(segment(store, "changes", "--json"))
    movement = told["movement"]
    browser.call("Emulation.clearDeviceMetricsOverride")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=address + "#lang=en")
    browser.wait("(document.getElementById('answer')?.innerText ?? '').includes('access key')")
    browser.evaluate(f"document.getElementById('key').value = '{key}'; document.querySelector('#access [type=submit]').click()")
    browser.wait("!document.getElementById('movement').hidden && document.querySelectorAll('#flow path').length > 3")
    text = lambda id: browser.evaluate(f"document.getElementById('{id}').innerText")
    assert f"{movement['moved']:,} customers changed segment" in text("moved"), text("moved")
    assert f"{movement['came']:,} came, {movement['left']:,} left" in text("moved"), text("moved")
    for cell in movement["cells"]:
        assert f"{cell['customers']:,}" in text("moves"), (cell, text("moves"))
    bands = browser.evaluate("document.querySelectorAll('#flow path').length")
    assert bands == len(movement["cells"]), (bands, len(movement["cells"]))
    lift = json.loads(segment(store, "show", "--json"))["manifest"]["lift"]["all"]
    assert "Held out or not" in text("lift") and f"{lift['treated']['customers']:,}\t{lift['held_out']['customers']:,}" in text("lifts"), (lift, text("lifts"))
    certain = lift["spend"]["low"] > 0 or lift["spend"]["high"] < 0
    assert certain or "whether those not held out spent more or less" in text("brought"), text("brought")
    assert "campaign" not in text("lift") and "Since then" in text("brought"), text("lift")
    if pictures:
        browser.picture(pictures / "movement.png")

    # A customer who moved: the page gives the program's reason.
    rows = [json.loads(line) for line in segment(store, "changes", "--format", "ndjson").splitlines()]
    moved = next(row for row in rows if row["change"] == "moved")
    browser.evaluate(f"document.getElementById('ids').value = '{moved['customer_id']}'; document.querySelector('#lookup [type=submit]').click()")
    browser.wait("document.getElementById('customer').innerText.includes('Where this customer was')")
    assert moved["why"] in text("customer"), (moved, text("customer"))
    # The history is seen without scrolling, and the forecast's picture says what its line parts.
    assert browser.evaluate("(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight)(document.getElementById('customer'))")
    browser.wait("document.querySelector('#tracking .annotation-text')?.textContent === 'known to the fit'")

    # Against the run before the last one, in Portuguese.
    browser.evaluate("const e = document.getElementById('earlier'); e.selectedIndex = 1; e.dispatchEvent(new Event('change'))")
    browser.evaluate("document.querySelector('[data-language=pt_br]').click()")
    runs = json.loads(segment(store, "runs", "--json"))
    both = json.loads(segment(store, "changes", "--json", runs[2]["run_id"], runs[0]["run_id"]))["movement"]
    said = f"{both['moved']:,} clientes mudaram".replace(",", ".")
    browser.wait(f"document.getElementById('moved').innerText.startsWith('{said}')")
    assert moved["porque"] in text("customer"), text("customer")
    ticks = browser.evaluate("[...document.querySelectorAll('#growth .xtick text')].map((e) => e.textContent)")
    assert ticks == ["01/01/1998", "01/04/1998", "01/01/1999"] or all(re.fullmatch(r"\d\d/\d\d/\d{4}", tick) for tick in ticks) and ticks, ticks
    no_table_is_cut_off(browser)
    outside = "[...document.querySelectorAll('#flow text')].filter((e) => { const [a, b] = [e.getBoundingClientRect(), e.closest('svg').getBoundingClientRect()]; return a.left < b.left || a.right > b.right; }).map((e) => e.textContent)"
    left_out = browser.evaluate(outside)
    assert left_out == [], left_out

    # What the key may not download is said beside the button.
    browser.evaluate("document.getElementById('changes').click()")
    browser.wait("document.querySelector('#changes + [role=alert]')?.innerText.includes('Esta chave não serve')")
    assert browser.evaluate(UNLABELLED) == []
    # Pictures follow a new width of the window a moment later.
    browser.wait("document.documentElement.scrollWidth <= innerWidth")


def check_members(browser, address, key, store, pictures):
    """The members of a segment in the order of their value; those who are uncertain can be left out."""
    browser.evaluate("sessionStorage.clear()")
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=address + "#lang=en")
    browser.wait("(document.getElementById('answer')?.innerText ?? '').includes('access key')")
    browser.evaluate(f"document.getElementById('key').value = '{key}'; document.querySelector('#access [type=submit]').click()")
    browser.wait("document.querySelectorAll('.card').length > 1")
    browser.evaluate("document.querySelector('.card button').click()")
    rows = "document.querySelectorAll('#member-rows tbody tr').length"
    browser.wait(f"{rows} === 100 && !document.getElementById('more').disabled")
    headings = "[...document.querySelectorAll('#member-rows th')].map((e) => e.innerText)"
    assert browser.evaluate(headings)[:6] == ["id", "recency", "frequency", "monetary", "how sure (1 is surest)", "expected value"], browser.evaluate(headings)
    shown = browser.evaluate("[...document.querySelectorAll('#member-rows tbody tr')].map((row) => row.cells[5].innerText)")
    values = [float(text.replace(",", "").strip("$£")) for text in shown]
    assert values == sorted(values, reverse=True) and values[0] > values[-1], values[:5]
    browser.evaluate("document.getElementById('more').click()")
    browser.wait(f"{rows} === 200")
    browser.evaluate("document.getElementById('confident').click()")
    browser.wait(f"{rows} > 0 && {rows} <= 100")
    assert re.search(r"\d\.\d\d$", browser.evaluate("document.querySelector('#member-rows tbody tr').cells[3].innerText"))

    alike = browser.evaluate(headings).index("placed alike")
    assert re.fullmatch(r"\d+\.\d %", browser.evaluate(f"document.querySelector('#member-rows tbody tr').cells[{alike}].innerText"))

    # Columns are chosen, and the file holds the list in the order and with the filters of the page.
    browser.evaluate("document.getElementById('column-recency').click()")
    assert browser.evaluate(headings)[:2] == ["id", "frequency"]
    browser.evaluate("document.querySelector('[data-language=pt_br]').click()")
    first = browser.evaluate("document.querySelector('#member-rows tbody tr').cells[0].innerText")
    lines = saved(browser, "document.querySelector('#members [data-format=csv]')").decode("utf-8").splitlines()
    assert lines[0].startswith("\ufeffcustomer_id;") and "monetary (unidades monetárias)" in lines[0] and lines[1].split(";")[0] == first, lines[:2]
    assert re.search(r";\d+,\d\d;", lines[1]), lines[1]
    assert saved(browser, "document.querySelector('#members [data-format=xlsx]')").startswith(b"PK")
    exported = saved(browser, "document.querySelectorAll('.card button')[1]").decode("utf-8")
    assert exported.startswith("\ufeffcustomer_id;"), exported[:80]
    changes = saved(browser, "document.getElementById('changes')").decode("utf-8")
    assert changes.startswith("\ufeffcustomer_id;change;"), changes[:80]
    assert saved(browser, "document.getElementById('changes-xlsx')").startswith(b"PK")
    no_table_is_cut_off(browser)

    # The day is one of the data: between two reference dates it names the earlier run, whenever that was published.
    browser.evaluate("const e = document.getElementById('joined'); e.value = '1998-05-01'; e.dispatchEvent(new Event('change'))")
    browser.wait("!document.getElementById('more').disabled")
    assert browser.evaluate("!document.querySelector('#more + [role=alert]') && document.getElementById('joined').min === '1998-01-01'")

    # An order that the run cannot give is not offered.
    browser.evaluate("delete state.run.manifest.forecast.all.alive; document.getElementById('sort').value = 'leaving'; offerChoices()")
    assert browser.evaluate("[document.getElementById('sort').value, document.querySelector('#sort [value=leaving]').hidden]") == ["value", True]
    if pictures:
        browser.picture(pictures / "members.png")


def check_scopes(browser, address, keys):
    """What a key may see is shown, what it may not is said, and neither takes the other away."""
    answer = "(document.getElementById('answer')?.innerText ?? '')"
    browser.call("Page.navigate", url=address)
    browser.wait(f"{answer}.includes('access key') || {answer}.includes('chave')")
    for scopes, (segments, customers) in SCOPES.items():
        key = keys[scopes]
        browser.evaluate("sessionStorage.clear()")
        browser.call("Page.navigate", url="about:blank")
        browser.call("Page.navigate", url=address + "#lang=en")
        browser.wait(f"{answer}.includes('access key')")
        browser.evaluate(f"document.getElementById('key').value = '{key}'; document.querySelector('#access [type=submit]').click()")
        refused = f"{answer}.includes('This key is not for that')"
        browser.wait("!document.getElementById('content').hidden" if segments else refused)
        assert browser.evaluate("document.getElementById('content').hidden") != segments, scopes
        browser.evaluate("document.getElementById('ids').value = '00001'; document.querySelector('#lookup [type=submit]').click()")
        if not customers:
            browser.wait(refused)
            continue
        browser.wait(f"{answer} === '1 found, 0 not found, 0 invalid'")
        browser.wait("document.getElementById('customer').innerText.includes('This key is not for that')")
        assert "One-time buyers" in browser.evaluate("document.getElementById('results').innerText"), scopes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=pathlib.Path)
    pictures = parser.parse_args().pictures
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("skipped: segment explorer in a browser (no Chromium; install the package chromium)")
        return
    work = pathlib.Path(tempfile.mkdtemp())
    started = []
    try:
        server, address, key, others = serve(work, one_run)
        started.append(server)
        moved = work / "moved"
        moved.mkdir()
        second, there, its_key, more = serve(moved, three_runs)
        started.append(second)
        browser = Browser(program, work / "profile")
        started.append(browser.process)
        check_scopes(browser, address, others)
        browser.evaluate("sessionStorage.clear()")
        browser.call("Page.navigate", url="about:blank")
        check(browser, address, key, work / "store", pictures)
        check_movement(browser, there, its_key, moved / "store", pictures)
        check_members(browser, there, more["all"], moved / "store", pictures)
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(work, ignore_errors=True)
    rules = "WCAG 2.1 AA" + (" and the rules of axe-core" if axe_script() else " (axe-core is not installed)")
    print(f"the segment explorer works in a browser: key, each scope alone, lookup, cards, charts, movement, two languages, phone, dark, {rules}, no other host")


if __name__ == "__main__":
    main()
