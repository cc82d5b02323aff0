"""What WCAG 2.1 AA asks of the page that is shown, checked in the browser: contrast, names, tables, keyboard.

Written out here, so that it needs nothing but a browser. Where axe-core is installed (api/tests/requirements-explorer.txt)
its rules are checked beside.
"""

import importlib.util
import pathlib

# Contrast of every text that is seen against what is behind it: 4.5, of large text 3 (success criterion 1.4.3).
CONTRAST = """(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  // A canvas reads every notation of a colour.
  const rgba = (color) => { context.clearRect(0, 0, 1, 1); context.fillStyle = color; context.fillRect(0, 0, 1, 1); return [...context.getImageData(0, 0, 1, 1).data].map((v) => v / 255); };
  const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
  const light = (color) => color.slice(0, 3).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => { const [low, high] = [light(a), light(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), rgba(getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#fff'));
  };
  // A number within a bar of a chart stands on the bar.
  const within = (text) => {
    const bar = text.parentElement.querySelector(':scope > path');
    if (!bar) return null;
    const [inner, outer] = [text, bar].map((e) => e.getBoundingClientRect());
    return inner.left >= outer.left - 1 && inner.right <= outer.right + 1 ? bar : null;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest('script, style, noscript, [disabled]') || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    let under = behind(element), color = style.color;
    const svg = element.closest('svg text');
    if (svg) {
      color = getComputedStyle(element).fill;
      const bar = within(svg);
      if (bar) { const fill = rgba(getComputedStyle(bar).fill); fill[3] *= getComputedStyle(bar).opacity * getComputedStyle(bar).fillOpacity; under = over(fill, under); }
    }
    let opacity = 1;
    for (let e = element; e; e = e.parentElement) opacity *= getComputedStyle(e).opacity;
    const ink = rgba(color);
    ink[3] *= opacity;
    const large = size >= 24 || size >= 18.66 && parseInt(style.fontWeight) >= 700;
    const seen = ratio(over(ink, under), under);
    if (seen < (large ? 3 : 4.5) - 0.005) found.push(`${seen.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 40)} (${style.color}, ${element.className.baseVal ?? element.className})`);
  }
  return [...new Set(found)];
})()"""

# Tables say what their columns are, and one language is set for the page (1.3.1, 3.1.1).
TABLES = """[...document.querySelectorAll('table')].filter((t) => t.checkVisibility() &&
  (!t.querySelector('thead th[scope=col]') || [...t.querySelectorAll('th')].some((th) => !th.scope) ||
   [...t.querySelectorAll('thead th')].slice(1).some((th) => !th.textContent.trim()))).map((t) => t.outerHTML.slice(0, 120))"""
LABELS = """[...document.querySelectorAll('input, select, textarea')].filter((e) => e.checkVisibility() && !e.labels.length && !e.ariaLabel).map((e) => e.id)"""
FOCUSABLE = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((e) =>
  !e.disabled && e.checkVisibility() && e.getClientRects().length > 0)"""
FOCUSED = """(() => { const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  e.dataset.visited = 'yes';
  return { body: e === document.body, what: e.outerHTML.slice(0, 100),
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth }; })()"""

# What is used by pointer or keyboard, and pictures: they need names (1.1.1, 4.1.2).
NAMED = {"button", "link", "textbox", "combobox", "checkbox", "image", "region", "group", "Date", "DisclosureTriangle", "searchbox", "listbox", "table"}


def axe_script():
    """The text of axe-core, where the package that carries it is installed; none elsewhere."""
    spec = importlib.util.find_spec("axe_playwright_python")
    there = spec.submodule_search_locations if spec else []
    return next((pathlib.Path(folder, "axe.min.js").read_text() for folder in there), None)


def unnamed(browser):
    """Controls, pictures and regions without a name, as the browser tells assistive technology."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    said = lambda node: str(node.get("name", {}).get("value", "")).strip()
    focusable = lambda node: any(p["name"] == "focusable" and p["value"].get("value") for p in node.get("properties", []))
    wanted = lambda node: node.get("role", {}).get("value") in NAMED - {"table", "group"} or focusable(node)
    return [markup(browser, node) for node in nodes
            if not node.get("ignored") and wanted(node) and not said(node) and node["role"]["value"] != "RootWebArea"]


def markup(browser, node):
    return browser.call("DOM.getOuterHTML", backendNodeId=node["backendDOMNodeId"])["outerHTML"][:160]


def by_keyboard(browser):
    """Walks the whole page with the tabulator: every control is reached, seen, and shows that it is reached."""
    browser.evaluate("document.querySelectorAll('[data-visited]').forEach((e) => delete e.dataset.visited); "
                     "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); scrollTo(0, 0)")
    wanted, found = browser.evaluate(FOCUSABLE + ".length"), []
    for _ in range(wanted + 20):
        browser.press("Tab")
        stop = browser.evaluate(FOCUSED)
        if stop["body"]:
            break
        if not (stop["ring"] and stop["seen"]):
            found.append(stop)
    missed = browser.evaluate(FOCUSABLE + ".filter((e) => e.dataset.visited !== 'yes').map((e) => e.outerHTML.slice(0, 100))")
    return [f"not shown as reached: {stop}" for stop in found] + [f"not reached: {what}" for what in missed]


def axe(browser):
    script = axe_script()
    if script is None:
        return []
    browser.evaluate("typeof axe === 'undefined' && (() => {" + script + "})()")
    rules = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }"
    return browser.evaluate(f"""axe.run(document, {rules}).then((found) => found.violations.flatMap((v) =>
        v.nodes.map((n) => `axe ${{v.id}}: ${{n.target.join(' ')}} ${{n.any.concat(n.all, n.none).map((c) => c.message).join('; ').slice(0, 200)}}`)))""")


def violations(browser, language):
    """Everything that the page as it stands does wrong."""
    browser.call("Accessibility.enable")
    browser.call("DOM.enable")
    browser.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)")
    found = [f"contrast {line}" for line in browser.evaluate(CONTRAST)]
    found += [f"no name: {line}" for line in unnamed(browser)]
    found += [f"table without headers: {line}" for line in browser.evaluate(TABLES)]
    found += [f"no label: {line}" for line in browser.evaluate(LABELS)]
    spoken = browser.evaluate("document.documentElement.lang")
    found += [f"the language is said to be {spoken}"] if spoken != language else []
    return found + by_keyboard(browser) + axe(browser)
