"use strict";
// Who changed segment since an earlier run, how the segments grew, and one customer's way through the runs.

const TICKS = 8; // dates on an axis
const FLOW = { all: 1080, least: 320, bar: 14, gap: 10, font: 13 }; // pixels

/** The runs that can be compared with the one served, newest first; none without the right to see them. */
async function loadRuns() {
  state.runs = [];
  try {
    const list = await ask("v1/runs");
    const entries = new Map(list.runs.map((run) => [run.run_id, run]));
    // The line of those that the served run continues: others lie on a way that was rolled back.
    for (let run = entries.get(list.run_id); run && !state.runs.includes(run); run = entries.get(run.from_run)) state.runs.push(run);
  } catch (error) {
    if (![403, 503].includes(error.status)) throw error;
  }
  state.movement = null;
  if (state.runs.length > 1) await loadMovement(state.runs[1].run_id);
}

async function loadMovement(from) {
  state.movement = await ask(`v1/runs/${encodeURIComponent(from)}/movement/${encodeURIComponent(state.runs[0].run_id)}`);
}

const ends = (segments, outside) => [...segments.map((s) => ({ key: s.key, name: local(s.name) })), { key: null, name: text(outside) }];
const went = (movement, from, to) => movement.cells.find((c) => c.from === from && c.to === to)?.customers ?? 0;

/** How many went from where to where: rows are the segments then, columns those of now. */
function movementTable(movement) {
  const [rows, columns] = [ends(movement.from, "came"), ends(movement.to, "left")];
  const head = make("tr", {}, make("th", { scope: "col" }, `${text("fromWhere")} \\ ${text("toWhere")}`), ...columns.map((c) => make("th", { scope: "col", className: "number" }, c.name)));
  const body = rows.map((from) => {
    const all = columns.reduce((sum, to) => sum + went(movement, from.key, to.key), 0);
    return make("tr", {}, make("th", { scope: "row" }, from.name), ...columns.map((to) => {
      const customers = went(movement, from.key, to.key);
      const cell = make("td", { className: from.key === to.key ? "number" : "number heat" }, customers === 0 ? "" : number(customers));
      if (from.key !== to.key && all > 0) cell.style.setProperty("--level", `${Math.round((customers / all) * 100)}%`);
      return cell;
    }));
  });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function shape(name, attributes, ...children) {
  // The page has an empty drawing, which knows the name of its kind.
  const element = document.createElementNS(byId("flow").firstElementChild.namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Width of the widest of these texts in the drawing's letters. */
function widest(names) {
  const letters = document.createElement("canvas").getContext("2d");
  letters.font = `${FLOW.font}px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(...names.map((name) => letters.measureText(name).width));
}

/** Bars of both runs, with a band for everybody who went from one to the other. */
function flow(movement) {
  const [left, right] = [ends(movement.from, "came"), ends(movement.to, "left")];
  const total = movement.cells.reduce((sum, c) => sum + c.customers, 0);
  const height = 60 + 56 * Math.max(left.length, right.length);
  const scale = (height - FLOW.gap * Math.max(left.length, right.length)) / Math.max(total, 1);
  const colour = (key) => COLORS[Math.max(0, state.segments.findIndex((s) => s.key === key)) % COLORS.length];
  const stack = (sides, size) => {
    let y = 0;
    return sides.map((side) => {
      const at = { ...side, y, next: y, size: size(side) * scale };
      y += at.size + (at.size > 0 ? FLOW.gap : 0);
      return at;
    });
  };
  const from = stack(left, (s) => right.reduce((sum, t) => sum + went(movement, s.key, t.key), 0));
  const to = stack(right, (t) => left.reduce((sum, s) => sum + went(movement, s.key, t.key), 0));
  // As wide as the longest name, so that none is cut off.
  const side = 24 + widest([...left, ...right].map((s) => s.name));
  const bandWidth = Math.max(FLOW.least, FLOW.all - 2 * side);
  const [x0, x1] = [side + FLOW.bar, side + bandWidth - FLOW.bar];
  const bands = from.flatMap((a) => to.map((b) => {
    const size = went(movement, a.key, b.key) * scale;
    if (size === 0) return null;
    const [y0, y1, middle] = [a.next, b.next, (x0 + x1) / 2];
    a.next += size;
    b.next += size;
    const path = `M${x0},${y0} C${middle},${y0} ${middle},${y1} ${x1},${y1} v${size} C${middle},${y1 + size} ${middle},${y0 + size} ${x0},${y0 + size} Z`;
    const fill = a.key === null ? style("--soft") : colour(a.key);
    const title = `${a.name} → ${b.name}: ${number(went(movement, a.key, b.key))}`;
    return shape("path", { d: path, fill, "fill-opacity": a.key === b.key ? 0.22 : 0.6 }, shape("title", {}, title));
  })).filter(Boolean);
  const bars = (sides, x, anchor, label) => sides.filter((s) => s.size > 0).flatMap((s) => [
    shape("rect", { x, y: s.y, width: FLOW.bar, height: Math.max(1, s.size), fill: s.key === null ? style("--soft") : colour(s.key) }),
    shape("text", { x: label, y: s.y + s.size / 2, "text-anchor": anchor, "dominant-baseline": "middle", fill: style("--ink"), "font-size": FLOW.font }, s.name),
  ]);
  const width = bandWidth + 2 * side;
  const moves = movement.cells.filter((c) => c.from !== c.to).map((c) => `${local(movement.from.find((s) => s.key === c.from)?.name ?? { en: "–", pt_br: "–" })} → ${local(movement.to.find((s) => s.key === c.to)?.name ?? { en: "–", pt_br: "–" })}: ${number(c.customers)}`);
  return shape("svg", { viewBox: `0 -4 ${width} ${height + 8}`, role: "img", "aria-label": `${text("movement")}. ${moves.join("; ")}` },
    ...bands, ...bars(from, side, "end", side - 8), ...bars(to, side + bandWidth - FLOW.bar, "start", side + bandWidth + 8));
}

/** Customers of each segment in every run. */
function drawGrowth() {
  const runs = [...state.runs].reverse();
  const days = runs.map((run) => run.reference_date);
  // The page's own dates: the drawing library knows English months alone.
  const step = Math.ceil(days.length / TICKS);
  const ticks = [...new Set(days)].filter((_, i) => i % step === 0);
  const traces = state.segments.map((s) => {
    const at = runs.map((run) => run.segments.find((then) => then.key === s.key)?.customers ?? null);
    return { type: "scatter", mode: "lines+markers", name: local(s.name), x: days, y: at, customdata: days.map(day), line: { color: color(s) }, hovertemplate: `${local(s.name)}, %{customdata}: %{y}<extra></extra>` };
  });
  const first = (s) => runs[0].segments.find((then) => then.key === s.key)?.customers;
  const label = spoken(text("growth"), (s) => `${number(first(s))} → ${number(s.customers)}`);
  draw("growth", label, traces, { xaxis: { type: "date", tickvals: ticks, ticktext: ticks.map(day) }, yaxis: { title: { text: text("customers") }, rangemode: "tozero" }, height: 340 });
}

function showMovement() {
  const movement = state.movement;
  byId("movement").hidden = !movement;
  if (!movement) return;
  const [m, earlier] = [movement.movement, byId("earlier")];
  earlier.replaceChildren(...state.runs.slice(1).map((run) => make("option", { value: run.run_id, selected: run.run_id === movement.from }, day(run.reference_date))));
  byId("moved").textContent = text("moved")({ moved: number(m.moved), all: number(m.customers), came: number(m.came), left: number(m.left), share: percent(m.moved / Math.max(1, m.customers - m.came)) })
    + (m.same_model ? "" : ` ${text("refitted")}`);
  byId("flow").replaceChildren(flow(m));
  byId("moves").replaceChildren(movementTable(m));
  if (typeof Plotly !== "undefined") drawGrowth();
}

async function chooseRun(from) {
  await loadMovement(from);
  showMovement();
}

async function downloadChanges(button, format) {
  await whileBusy(button, async () => {
    const query = new URLSearchParams({ format, ...fileForPeople(format), from: state.movement.from, to: state.movement.to });
    const response = await send(`v1/changes?${query}`);
    save(await response.blob(), `changes.${format}`);
  });
}

/** The runs in which the customer was somewhere else than before, newest first, and where the record begins. */
function historyTable(runs) {
  const told = runs.filter((run, i) => run.changed || i === runs.length - 1);
  const rows = told.map((run) => ({
    cells: [day(run.reference_date), run.segment ? local(run.segment.name) : text("left"), run.why ? local(run.why) : run.changed ? text(run.segment ? "came" : "left") : text("since")],
  }));
  return make("div", {}, make("h3", {}, text("history")), table([text("date"), text("segment"), text("reason")], rows));
}
