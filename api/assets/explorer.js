"use strict";
// The segment explorer: a client of the public API like any other. Text is set as text, never as markup.

const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7f7f7f"];
const ALGORITHMS = { kmeans: "k-means", ward: "Ward" };
const BATCH = 10000;
const state = { language: "en", run: null, segments: [], cards: [], names: [], results: null, customer: null, runs: [], movement: null, key: sessionStorage.getItem("key") ?? "" };
const byId = (id) => document.getElementById(id);
const text = (key) => TEXTS[state.language][key] ?? key;
const local = (both) => both[state.language];
const locale = () => (state.language === "en" ? "en" : "pt-BR");
const number = (value, digits = 0) =>
  value === null || value === undefined ? "–" :
  value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (share) => number(share * 100, 1) + " %";
// "31 Oct 2011" in English, where the order of numbers differs from country to country.
const DAY = { en: ["en-GB", { day: "numeric", month: "short", year: "numeric" }], pt_br: ["pt-BR", {}] };
const day = (time) => new Date(time.length === 10 ? time + "T00:00:00" : time).toLocaleDateString(...DAY[state.language]);
/** What a feature is counted in. */
const unitOf = (feature) => feature.unit === "pennies" ? state.run?.manifest.source.currency ?? text("currencyUnits") : text(feature.unit);

/** An element with properties and children; strings become text. */
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** Asks the service with the visitor's key; a refusal becomes an error that says what to do. */
async function send(path, options = {}) {
  const headers = { ...options.headers, ...(state.key && { authorization: `Bearer ${state.key}` }) };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401) byId("access").open = true;
  const way = { 401: text("keyWanted"), 403: text("keyLacks") }[response.status] ?? text("failed");
  throw Object.assign(new Error(way + (problem.detail ?? response.statusText)), { status: response.status });
}

const ask = async (path, options) => (await send(path, options)).json();

/** A value in its unit; money is sent in pennies. */
function inUnit(feature, value) {
  if (feature.unit === "pennies") {
    const currency = state.run?.manifest.source.currency;
    return currency ? (value / 100).toLocaleString(locale(), { style: "currency", currency }) : number(value / 100, 2);
  }
  if (feature.unit === "share") return percent(value);
  const texts = TEXTS[state.language];
  const unit = (value === 1 && texts[`one_${feature.unit}`]) || text(feature.unit);
  return `${number(value, Number.isInteger(value) ? 0 : 1)} ${unit}`;
}

function table(header, rows, numbers = []) {
  const cell = (name, value, i) => make(name, { className: numbers.includes(i) ? "number" : "" }, value);
  const head = make("tr", {}, ...header.map((value, i) => Object.assign(cell("th", value, i), { scope: "col" })));
  const body = rows.map((row) => make("tr", { className: row.chosen ? "chosen" : "" },
    ...row.cells.map((value, i) => cell("td", value, i))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function share(value, label) {
  const bar = make("div");
  bar.style.width = `${value * 100}%`;
  return make("div", {}, make("div", { className: "share" }, `${percent(value)} ${label}`),
    make("div", { className: "bar", ariaHidden: "true" }, bar));
}

/** The lines of a card that are seen at once; the others are folded away. */
const FIRST = ["description", "customers", "revenue", "came_back", "forecast", "movement", "action", "channel", "avoid"];

/** A segment's card: the lines are the service's, the same that program and report show. */
function card(segment) {
  const { lines } = state.cards.find((c) => c.segment_id === segment.id);
  const list = (of) => make("dl", {}, ...of.flatMap((line) => [make("dt", {}, local(line.label)), make("dd", { className: line.key }, local(line.text))]));
  const [first, more] = [true, false].map((at) => lines.filter((line) => FIRST.includes(line.key) === at));
  const element = make("article", { className: "card" },
    make("h3", {}, local(segment.name)),
    share(segment.customer_share, text("of")),
    ...(feature(segment, "monetary") ? [share(segment.revenue_share, text("revenue"))] : []),
    list(first), make("details", {}, make("summary", {}, text("more")), list(more)),
    make("button", { type: "button", onclick: (event) => whileBusy(event.target, () => openMembers(segment), "looking") }, text("members")),
    ...["csv", "xlsx"].map((format) => make("button", { type: "button", onclick: (event) => exportSegment(segment, format, event.target) }, text(format))));
  element.style.setProperty("--segment", COLORS[(segment.id - 1) % COLORS.length]);
  return element;
}

function showRun() {
  const manifest = state.run.manifest;
  byId("run").textContent = text("run")({
    customers: number(manifest.customers), until: day(state.run.data_until), created: day(manifest.created_at),
  });
  const days = Math.floor((state.run.age_seconds ?? 0) / 86400);
  if (state.run.age_seconds !== undefined) byId("run").textContent += ` (${text("old")(days)})`;
  byId("reason").textContent = local(manifest.reason);
  showWarnings(manifest);
  const rows = manifest.candidates.map((c) => ({
    chosen: c.chosen,
    cells: [ALGORITHMS[c.algorithm] ?? text(c.algorithm), number(c.k), number(c.silhouette, 4), c.smallest_share === null ? "–" : percent(c.smallest_share),
      c.largest_share === undefined ? "–" : percent(c.largest_share), number(c.r_squared, 3), holds(c.recovery), number(c.agreement, 2), c.chosen ? text("chosen") : c.note ?? ""],
  }));
  const header = [text("algorithm"), "k", text("sure"), text("smallest"), text("largest"), text("foresight"), text("holds"), text("agreement"), text("note")];
  byId("comparison").replaceChildren(table(header, rows, [1, 2, 3, 4, 5, 7]));
  showDecision();
}

/** Whether a clustering holds; nothing where it was not tried. */
function holds(recovery) {
  if (!recovery) return "";
  const jaccard = recovery.jaccard ?? [];
  const weakest = Math.min(...jaccard);
  return text(recovery.refits_mean >= 0.95 && recovery.refits_worst >= 0.85 && jaccard.length > 0 && weakest >= 0.6 ? "yes" : "no");
}

/** What is doubtful in the data, and how far the customers have drifted from the model's. */
function showWarnings(manifest) {
  const warnings = [...(manifest.warnings ?? []).map((warning) => warning.text), ...(manifest.drift?.warnings ?? [])];
  const box = byId("warnings");
  box.hidden = warnings.length === 0;
  box.querySelector("summary").textContent = text("warnings")(warnings.length);
  box.querySelector("ul").replaceChildren(...warnings.map((warning) => make("li", {}, local(warning))));
}

function nameOf(result) {
  const segment = state.names.find((s) => s.id === result.segment_id);
  return segment ? local(segment.name) : "";
}

function showResults() {
  const results = state.results;
  byId("download").hidden = byId("download-xlsx").hidden = !results;
  byId("results").replaceChildren();
  if (!results) return;
  const counts = { found: 0, not_found: 0, invalid: 0 };
  for (const result of results) counts[result.status] += 1;
  const note = results.length > 1000 ? ` ${text("many")}` : "";
  byId("answer").textContent = text("counts")(counts) + note;
  byId("answer").className = "";
  const rows = results.slice(0, 1000).map((r) => ({
    cells: [r.id, text(r.status), nameOf(r), r.silhouette === undefined ? "" : number(r.silhouette, 2)],
  }));
  const header = [text("id"), text("status"), text("segment"), text("sure")];
  byId("results").replaceChildren(table(header, rows, [3]));
}

function showCustomer() {
  const customer = state.customer;
  byId("customer").replaceChildren();
  if (!customer) return;
  const rows = customer.features.map((f) => ({
    cells: [text(f.name), inUnit(f, f.value), number(f.percentile, 1), inUnit(f, f.segment_median)],
  }));
  const header = [text("feature"), text("value"), text("percentile"), `${text("median")} (${text("segment")})`];
  const near = customer.borderline && customer.second
    ? [make("p", {}, `${text("borderline")} ${local(customer.second.segment.name)}`)] : [];
  const alike = customer.co_assignment === undefined ? [] : [make("p", { className: "soft" }, text("placedAlikeIn")(percent(customer.co_assignment)))];
  const scores = customer.rfm && [customer.rfm.scores.recency, customer.rfm.scores.frequency, customer.rfm.scores.monetary].join("-");
  const rfm = customer.rfm ? [make("p", { className: "soft" }, `${text("rfm")}: ${local(customer.rfm.name)} (${scores})`)] : [];
  const held = customer.held_out ? [make("p", {}, text("heldOut"))] : [];
  byId("customer").append(make("p", { className: "action" }, local(customer.action)), ...held, ...near, ...alike, ...rfm, ...foretoldOf(customer.forecast), table(header, rows, [1, 2, 3]),
    ...(customer.history?.length > 1 ? [historyTable(customer.history)] : []));
}

function failed(error) {
  byId("answer").textContent = error.message;
  byId("answer").className = "error";
}

function enteredIds() {
  return byId("ids").value.split(/[\n\r,;\t]+/).map((id) => id.trim()).filter((id) => id !== "");
}

/** Ids of a file: the first column, without its heading. */
function firstColumn(content) {
  const cells = content.replace(/^\ufeff/, "").split(/\r?\n|\r/).map((line) => line.split(/[,;\t]/)[0].trim().replace(/^"(.*)"$/, "$1")).filter((id) => id !== "");
  return /^(customer|cliente|id|código|codigo)/i.test(cells[0] ?? "") ? cells.slice(1) : cells;
}

async function lookUp() {
  const ids = enteredIds();
  state.results = state.customer = null;
  showResults();
  showCustomer();
  byId("answer").className = "";
  byId("answer").textContent = ids.length === 0 ? text("none") : text("looking");
  if (ids.length === 0) return;
  const results = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    const body = JSON.stringify({ ids: ids.slice(start, start + BATCH) });
    const answer = await ask("v1/segments/lookup", { method: "POST", headers: { "content-type": "application/json" }, body });
    results.push(...answer.results);
    state.names = answer.segments;
  }
  state.results = results;
  showResults();
  if (results.length === 1 && results[0].status === "found") await explain(ids[0]);
}

/** Shows what a customer's place rests on, where the key may ask for it; the result stays whatever comes of it. */
async function explain(id) {
  // A browser takes these for steps in the path, however they are written.
  if (id === "." || id === "..") return note(text("noPath"));
  try {
    state.customer = await ask(`v1/customers/${encodeURIComponent(id)}`);
    showCustomer();
    state.customer.history = (await ask(`v1/customers/${encodeURIComponent(id)}/history`)).runs;
    showCustomer();
  } catch (error) {
    note(error.message);
  }
}

/** Says beside the results what is missing. */
function note(message) {
  byId("customer").replaceChildren(make("p", { className: "soft" }, message));
}

function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Does what a button asks for; what goes wrong is said beside the button. */
async function whileBusy(button, work, doing = "exporting") {
  const label = button.textContent;
  if (button.nextSibling?.role === "alert") button.nextSibling.remove();
  button.disabled = true;
  button.textContent = text(doing);
  try {
    await work();
  } catch (error) {
    button.after(make("p", { className: "error", role: "alert" }, error.message));
  } finally {
    button.disabled = false;
    button.textContent = label;
  }
}

/** What asks for a CSV that a spreadsheet of this language opens as it is. */
const forPeople = () => ({ safe: "spreadsheet", language: state.language });

const exportSegment = (segment, format, button, choice = {}) => whileBusy(button, async () => {
  const query = new URLSearchParams({ format, ...(format === "csv" && forPeople()), ...choice });
  const response = await send(`v1/segments/${encodeURIComponent(segment.key)}/export?${query}`);
  save(await response.blob(), `${segment.key}.${format}`);
});

/** What asks for a file of this format: a CSV for people, or a workbook. */
const fileForPeople = (format) => format === "csv" ? forPeople() : { format };

const download = (button, format) => whileBusy(button, async () => {
  const ids = state.results.map((result) => `"${result.id.replaceAll('"', '""')}"`);
  const body = ["customer_id", ...ids].join("\n");
  const response = await send(`v1/segments/lookup?${new URLSearchParams(fileForPeople(format))}`, { method: "POST", headers: { "content-type": "text/csv" }, body });
  save(await response.blob(), `segments.${format}`);
});

function speak(language) {
  state.language = language;
  document.documentElement.lang = language === "en" ? "en" : "pt-BR";
  document.title = text("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.ariaPressed = String(button.dataset.language === language);
  }
  if (state.run) {
    showRun();
    byId("cards").replaceChildren(...state.segments.map(card));
    offerChoices();
    drawCharts();
    showForecast();
    showMovement();
    showLift();
    showMembers();
  }
  if (state.results) showResults();
  showCustomer();
}

async function start() {
  const link = new URLSearchParams(location.hash.slice(1));
  const wanted = link.get("lang") ?? navigator.language;
  speak(wanted.toLowerCase().startsWith("pt") ? "pt_br" : "en");
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => speak(button.dataset.language));
  }
  byId("lookup").addEventListener("submit", (event) => {
    event.preventDefault();
    lookUp().catch(failed);
  });
  byId("download").addEventListener("click", (event) => download(event.target, "csv"));
  byId("download-xlsx").addEventListener("click", (event) => download(event.target, "xlsx"));
  listenToMembers();
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) byId("ids").value = firstColumn(await file.text()).join("\n");
  });
  byId("earlier").addEventListener("change", (event) => chooseRun(event.target.value).catch(failed));
  byId("changes").addEventListener("click", (event) => downloadChanges(event.target, "csv"));
  byId("changes-xlsx").addEventListener("click", (event) => downloadChanges(event.target, "xlsx"));
  byId("access").addEventListener("submit", (event) => {
    event.preventDefault();
    state.key = byId("key").value.trim();
    sessionStorage.setItem("key", state.key);
    load(link).catch(failed);
  });
  byId("key").value = state.key;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => speak(state.language));
  await load(link);
}

async function load(link) {
  try {
    const [run, list] = await Promise.all([ask("v1/run"), ask("v1/segments")]);
    Object.assign(state, { run, segments: list.segments, cards: list.cards, names: list.segments });
    await loadRuns();
    byId("content").hidden = false;
    byId("answer").textContent = "";
  } catch (error) {
    // A key may be for customers alone: they can be looked up without the segments' profiles.
    if (error.status !== 403) throw error;
    failed(error);
  }
  byId("access").open = false;
  speak(state.language);
  if (link.has("ids")) {
    byId("ids").value = link.get("ids");
    await lookUp();
  }
}

start().catch(failed);
