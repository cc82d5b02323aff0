"use strict";
// How many segments: what every method says, where the run was made with `--validate`.

const METHODS = ["foresight", "silhouette, every algorithm", "silhouette", "calinski-harabasz", "davies-bouldin", "gap", "knee", "stability"];

/** The texts of a method; the service's own words for one that this page does not know. */
function method(vote) {
  const i = METHODS.indexOf(vote.method);
  return i < 0 ? { name: vote.method, rule: vote.rule } : { name: text("methods")[i], rule: text("rules")[i] };
}

/** Hennig's reading of a mean Jaccard similarity (fpc, clusterboot). */
const verdict = (jaccard) => text("verdicts")[[0.6, 0.75, 0.85].filter((limit) => jaccard >= limit).length];
const algorithm = (name) => ALGORITHMS[name] ?? text(name);
const yes = (value) => text(value ? "yes" : "no");

function votes(sheet) {
  const k = (value) => value === null ? text("noVote") : number(value);
  const rows = sheet.votes.map((vote) => {
    const { name, rule } = method(vote);
    return { chosen: vote.k_allowed === sheet.chosen_k, cells: [name, k(vote.k), k(vote.k_allowed), rule] };
  });
  return table([text("method"), text("votesFor"), text("votesAllowed"), text("by")], rows, [1, 2]);
}

function byAlgorithm(sheet) {
  const rows = sheet.by_algorithm.map((row) => ({
    chosen: row.algorithm === sheet.algorithm,
    cells: [algorithm(row.algorithm), yes(row.allowed), number(row.silhouette, 4), number(row.stability, 2), verdict(row.stability)],
  }));
  return table([text("algorithm"), text("usable"), text("sure"), text("weakest"), text("means")], rows, [2, 3]);
}

function byK(sheet) {
  const rows = sheet.by_k.map((row) => ({
    chosen: row.k === sheet.chosen_k,
    cells: [number(row.k), yes(row.allowed), number(row.silhouette, 4), row.smallest_share === null ? "–" : percent(row.smallest_share),
      number(row.calinski_harabasz, 0), number(row.davies_bouldin, 3), number(row.gap, 3), number(row.r_squared, 3),
      number(row.refits, 3), number(row.stability, 2)],
  }));
  const header = ["k", text("usable"), text("sure"), text("smallest"), "Calinski-Harabasz", "Davies-Bouldin", "gap", text("foresight"), text("refits"), text("weakest")];
  return table(header, rows, [0, 2, 3, 4, 5, 6, 7, 8, 9]);
}

/** Whether there is anything to find: the negative control and Hopkins' statistic, in a sentence each. */
function tendency(sheet) {
  const { control, hopkins } = sheet;
  const first = control === null ? "" : text(control.clearly_worse ? "controlPassed" : "controlFailed")({
    own: number(control.silhouette, 3), best: number(control.shuffled_best, 3), times: number(control.permutations),
  });
  const second = text("hopkins")({
    value: number(hopkins.statistic, 2), coincident: number(hopkins.coincident), sample: number(hopkins.sample),
  });
  return `${first} ${second}`.trim();
}

function folded(title, content) {
  const inside = make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: title }, content);
  return make("details", {}, make("summary", {}, title), inside);
}

function showDecision() {
  const sheet = state.run.manifest.decision_sheet;
  byId("decision").hidden = !sheet;
  if (!sheet) return;
  const sampled = sheet.sampled < sheet.customers
    ? [make("p", { className: "soft" }, text("sampled")({ sampled: number(sheet.sampled), all: number(sheet.customers) }))] : [];
  byId("sheet").replaceChildren(
    make("p", {}, local(sheet.summary)),
    make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: text("decision") }, votes(sheet)),
    make("p", { className: "soft" }, text("agree")), make("p", {}, tendency(sheet)), ...sampled,
    folded(text("byAlgorithm")(sheet.chosen_k), byAlgorithm(sheet)),
    folded(text("byK")(algorithm(sheet.algorithm)), byK(sheet)),
  );
}
