"use strict";
// What customers are expected to do next, and how far that can be trusted.

const MEASURES = { absolute_bias: "ofTheSum", mean_absolute_error: "absoluteError", root_mean_squared_error: "squaredError" };
const forecaster = (who) => typeof who === "string" ? text(who) : FAMILIES[who.model] ?? text("model");
const FAMILIES = { pareto_nbd: "Pareto/NBD", bg_nbd: "BG/NBD", mbg_nbd: "MBG/NBD", nbd: "NBD" };
const money = (pennies) => inUnit({ unit: "pennies" }, pennies);
const bounds = (interval, show) => interval ? ` (${show(interval.low)} ${text("to")} ${show(interval.high)})` : "";

/** What a sum of forecasts says, in words. */
function expected(sum) {
  const whole = (value) => number(Math.round(value));
  const purchases = `${whole(sum.expected_purchases)}${bounds(sum.purchases_interval, whole)}`;
  const value = sum.expected_value_pennies;
  return {
    purchases, value: value === undefined ? null : `${money(value)}${bounds(sum.value_interval_pennies, money)}`,
    alive: sum.alive === undefined || sum.customers === 0 ? null : percent(sum.alive / sum.customers), days: number(state.run.manifest.forecast?.horizon_days),
  };
}

/** The line of a customer. */
function foretoldOf(forecast) {
  if (!forecast) return [];
  const value = (pennies) => pennies === null ? null : money(pennies);
  return [make("p", {}, text("foretoldOf")({
    purchases: forecast.purchases, worth: value(forecast.value_pennies), gap: forecast.mean_gap_days === null ? null : number(forecast.mean_gap_days, 0),
    expected: number(forecast.expected_purchases, 2), value: value(forecast.expected_value_pennies), alive: forecast.alive === null ? null : percent(forecast.alive),
    next: forecast.next_purchase === null ? null : day(forecast.next_purchase), days: number(state.run?.manifest.forecast?.horizon_days ?? 90),
  }))];
}

/** Value to expect by segment, purchases where the data holds no money; lines are the 95 % intervals. */
function drawExpected(forecast) {
  const valued = forecast.all.expected_value_pennies !== undefined;
  const shown = state.segments.filter((s) => s.forecast);
  const at = (s) => valued ? s.forecast.expected_value_pennies / 100 : s.forecast.expected_purchases;
  const interval = (s) => valued ? s.forecast.value_interval_pennies : s.forecast.purchases_interval;
  const scale = valued ? 100 : 1;
  const bound = (s, side) => interval(s) ? Math.abs(interval(s)[side] / scale - at(s)) : 0;
  const says = (s) => valued ? money(s.forecast.expected_value_pennies) : number(Math.round(at(s)));
  const label = `${text("expectedBy")(forecast.horizon_days)}. ${shown.map((s) => `${local(s.name)}: ${says(s)}`).join("; ")}`;
  draw("expected", label, [{
    type: "bar", orientation: "h", y: shown.map((s) => local(s.name)), x: shown.map(at),
    marker: { color: shown.map(color) }, customdata: shown.map(says), hovertemplate: "%{y}: %{customdata}<extra></extra>",
    error_x: { type: "data", symmetric: false, array: shown.map((s) => bound(s, "high")), arrayminus: shown.map((s) => bound(s, "low")), color: style("--ink"), thickness: 1.5, width: 4 },
  }, {
    // Beside the interval, not across it.
    type: "scatter", mode: "text", y: shown.map((s) => local(s.name)), x: shown.map((s) => at(s) + bound(s, "high")), text: shown.map((s) => ` ${says(s)}`),
    textposition: "middle right", cliponaxis: false, hoverinfo: "skip",
  }], {
    showlegend: false,
    xaxis: { title: { text: valued ? `${text("expectedValue")} (${unitOf({ unit: "pennies" })})` : text("expectedPurchases") }, rangemode: "tozero", range: [0, 1.5 * Math.max(...shown.map((s) => at(s) + bound(s, "high")))] },
    yaxis: { autorange: "reversed" }, height: 90 + 44 * shown.length,
  });
}

/** Repeat purchases as they came and as the model of the trial expects them, week by week. */
function drawTracking(trial) {
  const weeks = trial.by_week.map((week) => week.week);
  const line = (key, dash, i) => ({
    type: "scatter", mode: "lines", name: text(key), x: weeks, y: trial.by_week.map((week) => week[key]),
    line: { color: COLORS[i], dash, width: 2.5 }, hovertemplate: `${text(key)}: %{y:,.0f}<extra></extra>`,
  });
  const last = trial.by_week.at(-1);
  // The fit knows nothing of what comes after this week.
  const days = (new Date(trial.end) - new Date(trial.cut_off)) / 86400000;
  const known = last.week - days / 7;
  const label = `${text("tracking")}. ${text("actual")}: ${number(last.actual)}; ${text("expected")}: ${number(Math.round(last.expected))}`;
  draw("tracking", label, [line("actual", "solid", 0), line("expected", "dash", 5)], {
    xaxis: { title: { text: text("week") }, rangemode: "tozero" }, yaxis: { title: { text: text("cumulative") }, rangemode: "tozero" },
    shapes: [{ type: "line", x0: known, x1: known, y0: 0, y1: 1, yref: "paper", line: { color: style("--ink"), dash: "dot", width: 1 } }],
    annotations: [{ x: known, y: 1, yref: "paper", text: text("knownToFit"), showarrow: false, xanchor: "right", yanchor: "top", xshift: -4 }],
    hovermode: "x unified", height: 340,
  });
}

/** The forecasters beside each other, and who was nearer than the model. */
function trialTable(trial) {
  const rows = trial.scores.map((score, i) => ({
    chosen: i === 0,
    cells: [forecaster(score.forecaster), number(Math.round(score.sum)), score.bias === null ? "–" : (score.bias > 0 ? "+" : "") + percent(score.bias),
      number(score.mean_absolute_error, 3), number(score.root_mean_squared_error, 3)],
  }));
  const header = [text("forecaster"), text("purchases"), text("ofTheSum"), text("absoluteError"), text("squaredError")];
  return table(header, rows, [1, 2, 3, 4]);
}

function nearer(trial) {
  const [model, ...naive] = trial.scores;
  const of = { absolute_bias: (s) => Math.abs(s.bias ?? s.sum), mean_absolute_error: (s) => s.mean_absolute_error, root_mean_squared_error: (s) => s.root_mean_squared_error };
  return Object.entries(of).flatMap(([measure, figure]) => {
    const best = naive.reduce((a, b) => (figure(b) < figure(a) ? b : a));
    return figure(best) < figure(model) ? [text("nearer")({ measure: text(MEASURES[measure]), who: forecaster(best.forecaster) })] : [];
  });
}

function showForecast() {
  const forecast = state.run?.manifest.forecast;
  byId("forecast").hidden = !forecast;
  if (!forecast) return;
  const { trial, no_trial: untried, no_spend: worthless, instead } = forecast.model, { family } = forecast.model.purchases;
  const held = trial && text("tried")({ cutOff: day(trial.cut_off), end: day(trial.end), actual: number(trial.actual) });
  byId("expected-title").textContent = text("expectedBy")(forecast.horizon_days);
  byId("together").textContent = text("together")(expected(forecast.all));
  byId("trial").replaceChildren(
    ...(instead ? [make("p", {}, family === "nbd" ? text("nobodyLeaves") : text("otherModel")(FAMILIES[family]))] : []),
    ...(worthless ? [make("p", {}, `${text("noValue")}: ${local(worthless)}`)] : []),
    make("p", {}, held || `${text("untried")}: ${untried ? local(untried) : ""}`),
    ...(trial ? [trialTable(trial), ...nearer(trial).map((said) => make("p", {}, said))] : []));
  byId("tracking").parentElement.hidden = !trial;
  if (typeof Plotly === "undefined") return;
  drawExpected(forecast);
  if (trial) drawTracking(trial);
}
