"use strict";
// The segments in pictures. Every figure in them also stands in a card or a table as text.

const HEIGHT = 300; // pixels
const color = (segment) => COLORS[(segment.id - 1) % COLORS.length];
const feature = (segment, name) => segment.features.find((f) => f.name === name);
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws into the element with this id; the label says to a screen reader what the picture shows. */
function draw(id, label, traces, layout = {}) {
  const axis = { gridcolor: style("--line"), zerolinecolor: style("--line"), linecolor: style("--line"), automargin: true };
  const element = byId(id);
  element.role = "img";
  // Kept when the width changes: what follows must not move under the picture.
  element.style.height = `${layout.height ?? HEIGHT}px`;
  element.ariaLabel = label;
  // What Plotly measures texts with is nothing to be read.
  document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
  Plotly.react(element, traces, {
    font: { family: "system-ui, sans-serif", size: 13, color: style("--ink") },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", height: HEIGHT,
    margin: { l: 10, r: 10, t: 10, b: 10 }, separators: state.language === "en" ? ".," : ",.",
    hoverlabel: { bgcolor: style("--card"), bordercolor: style("--line"), font: { color: style("--ink") } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, dragmode: false,
    ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis },
  }, { displayModeBar: false, responsive: true });
}

/** Several figures in one sentence, for those who do not see the picture. */
const spoken = (title, figure) => `${title}. ${state.segments.map((s) => `${local(s.name)}: ${figure(s)}`).join("; ")}`;

function drawShares() {
  const bars = (key, label, pattern) => ({
    type: "bar", orientation: "h", name: `${text("shareOf")} ${label}`, y: state.segments.map((s) => local(s.name)),
    x: state.segments.map((s) => s[key]), hovertemplate: "%{y}: %{x:.1%}<extra></extra>",
    text: state.segments.map((s) => percent(s[key])), textposition: "outside", cliponaxis: false,
    marker: { color: state.segments.map(color), opacity: pattern ? 0.55 : 1, pattern: { shape: pattern } },
  });
  // Without money there is no revenue, rather than one of 0.
  const money = state.segments.some((s) => feature(s, "monetary"));
  const keys = [["customer_share", text("of"), ""], ...(money ? [["revenue_share", text("revenue"), "/"]] : [])];
  const label = spoken(text("shares"), (s) => keys.map(([key, of]) => `${percent(s[key])} ${of}`).join(", "));
  draw("shares", label, keys.map((key) => bars(...key)), {
    xaxis: { tickformat: ".0%", range: [0, 1.18 * Math.max(...state.segments.flatMap((s) => keys.map(([key]) => s[key])))] },
    yaxis: { autorange: "reversed" }, barmode: "group",
    height: 110 + 64 * state.segments.length,
  });
}

function drawPlaces() {
  const most = Math.max(...state.segments.map((s) => s.customers));
  const spread = (f) => ({ type: "data", symmetric: false, array: [f.shown.q3 - f.shown.median], arrayminus: [f.shown.median - f.shown.q1], thickness: 1.5, width: 4 });
  const shown = (f) => ({ ...f, shown: f.unit === "pennies" ? { q1: f.q1 / 100, median: f.median / 100, q3: f.q3 / 100 } : f });
  const up = state.segments.some((s) => feature(s, "monetary")) ? "monetary" : "frequency";
  const placed = state.segments.filter((s) => feature(s, "recency") && feature(s, up));
  if (placed.length === 0) return;
  const traces = placed.map((s) => {
    const [x, y] = ["recency", up].map((name) => shown(feature(s, name)));
    return {
      type: "scatter", mode: "markers", cliponaxis: false, name: local(s.name), x: [x.shown.median], y: [y.shown.median],
      error_x: { ...spread(x), color: color(s) }, error_y: { ...spread(y), color: color(s) },
      marker: { color: color(s), size: 10 + 40 * Math.sqrt(s.customers / most), opacity: 0.85, line: { width: 1, color: style("--back") } },
      hovertemplate: `${local(s.name)}<br>${inUnit(x, x.median)}, ${inUnit(y, y.median)}<extra></extra>`,
    };
  });
  const label = spoken(text("places"), (s) => ["recency", up].map((name) => inUnit(feature(s, name), feature(s, name).median)).join(", "));
  draw("places", label, traces, {
    xaxis: { title: { text: `${text("recency")} (${text("days")})` }, rangemode: "tozero" },
    yaxis: { title: { text: `${text(up)} (${unitOf(feature(placed[0], up))})` }, rangemode: "tozero" }, height: 380,
  });
}

function drawClear() {
  const label = spoken(text("clear"), (s) => number(s.silhouette, 2));
  draw("clear", label, [{
    type: "bar", orientation: "h", y: state.segments.map((s) => local(s.name)), x: state.segments.map((s) => s.silhouette),
    text: state.segments.map((s) => number(s.silhouette, 2)), textposition: "outside", cliponaxis: false,
    marker: { color: state.segments.map(color) }, hovertemplate: "%{y}: %{x:.2f}<extra></extra>",
  }], {
    xaxis: { title: { text: text("sure") }, range: [Math.min(0, ...state.segments.map((s) => s.silhouette)), 1.18 * Math.max(0, ...state.segments.map((s) => s.silhouette))] }, yaxis: { autorange: "reversed" },
    height: 90 + 44 * state.segments.length,
  });
}

function drawCandidates() {
  const candidates = state.run.manifest.candidates.filter((c) => c.silhouette !== null);
  const names = [...new Set(candidates.map((c) => c.algorithm))];
  const dashes = ["solid", "dash", "dot", "dashdot", "longdash"];
  const title = (name) => ALGORITHMS[name] ?? text(name);
  const traces = names.map((name, i) => {
    const own = candidates.filter((c) => c.algorithm === name);
    return {
      type: "scatter", mode: "lines+markers", name: title(name), x: own.map((c) => c.k), y: own.map((c) => c.silhouette),
      line: { color: COLORS[i % COLORS.length], dash: dashes[i % dashes.length] },
      marker: { size: own.map((c) => (c.chosen ? 14 : 6)), symbol: own.map((c) => (c.chosen ? "star" : "circle")) },
      hovertemplate: `${title(name)}, k = %{x}: %{y:.4f}<extra></extra>`,
    };
  });
  const chosen = candidates.find((c) => c.chosen);
  const label = `${text("candidates")}. ${chosen ? `${text("chosen")}: ${title(chosen.algorithm)}, k = ${chosen.k}, ${number(chosen.silhouette, 4)}` : ""}`;
  draw("candidates", label, traces, {
    xaxis: { title: { text: text("segmentsCount") }, dtick: 1 }, yaxis: { title: { text: text("sure") } }, height: 340,
  });
}

/** Features of which less is better; of those neither way, nothing is shaded. */
const LESS_IS_BETTER = ["recency", "activity", "interpurchase", "return_rate"];
const NEITHER = ["tenure"];

/** How good a median is among the segments, from -1 to 1; null where there is no better or worse. */
function goodness(name, value) {
  const scaled = (median) => Math.log1p(Math.max(0, median));
  const all = state.segments.map((s) => scaled(feature(s, name)?.median ?? 0));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (NEITHER.includes(name) || high === low) return null;
  const more = (2 * (scaled(value) - low)) / (high - low) - 1;
  return LESS_IS_BETTER.includes(name) ? -more : more;
}

/** Medians as a table whose shading compares the segments: a heat map that can be read aloud. */
function profileTable() {
  const names = state.segments[0].features.map((f) => f.name);
  const header = make("tr", {}, make("th", { scope: "col" }, text("feature")),
    ...state.segments.map((s) => make("th", { scope: "col", className: "number" }, local(s.name))));
  const rows = names.map((name) => make("tr", {}, make("th", { scope: "row" }, text(name)), ...state.segments.map((s) => {
    const f = feature(s, name);
    const good = f ? goodness(name, f.median) : null;
    const cell = make("td", { className: `number ${good === null ? "" : good < 0 ? "heat worse" : "heat"}` }, f ? inUnit(f, f.median) : "–");
    if (good !== null) cell.style.setProperty("--level", `${Math.round(Math.abs(good) * 100)}%`);
    return cell;
  })));
  return make("table", {}, make("thead", {}, header), make("tbody", {}, ...rows));
}

function drawCharts() {
  if (state.segments.length === 0) return;
  byId("profile").replaceChildren(profileTable());
  // Where the drawing library did not arrive, the tables and cards say the same.
  if (typeof Plotly === "undefined") return;
  drawShares();
  drawPlaces();
  drawClear();
  drawCandidates();
}
