"use strict";
// The members of one segment: in the order asked for, page by page, in the columns chosen.

const members = { segment: null, rows: [], next: null, shown: new Set(["recency", "frequency", "monetary", "sure", "expectedValue", "stillCustomer", "placedAlike", "uncertain", "heldOutCustomers"]) };

/** Whether the run can order its customers so. */
const CAN_SORT = {
  value: () => feature(state.segments[0], "monetary") || state.run.manifest.forecast?.all.expected_value_pennies !== undefined,
  leaving: () => typeof state.run.manifest.forecast?.all.alive === "number",
  id: () => true,
};

/** Shows the members of a segment from the first on. */
async function openMembers(segment) {
  Object.assign(members, { segment, rows: [], next: null });
  byId("members").hidden = false;
  showMembers();
  await moreMembers();
  byId("members-title").focus();
}

/** What the page and the file of members have in common. */
function choice() {
  const joined = byId("joined").value;
  return { sort: byId("sort").value, confident: String(byId("confident").checked), ...(joined && { joined_since: joined }) };
}

async function moreMembers() {
  const query = new URLSearchParams({ limit: "100", include: "features", ...choice(), ...(members.next && { cursor: members.next }) });
  const page = await ask(`v1/segments/${encodeURIComponent(members.segment.key)}/customers?${query}`);
  members.rows.push(...page.customers);
  members.next = page.next_cursor;
  showMembers();
}

/** The columns that the rows have: name, cell, whether it is a number. */
function memberColumns() {
  const some = (key) => members.rows.some((row) => row[key] !== undefined);
  const featured = members.segment.features.map((f) => [f.name, (row) => row.features?.[f.name] === undefined ? "–" : inUnit(f, row.features[f.name]), true]);
  return [...featured,
    ["sure", (row) => number(row.silhouette, 2), true],
    some("expected_value_pennies") && ["expectedValue", (row) => row.expected_value_pennies === undefined ? "–" : money(row.expected_value_pennies), true],
    some("alive") && ["stillCustomer", (row) => row.alive === undefined ? "–" : percent(row.alive), true],
    some("co_assignment") && ["placedAlike", (row) => percent(row.co_assignment), true],
    ["uncertain", (row) => row.borderline ? text("yes") : ""],
    some("held_out") && ["heldOutCustomers", (row) => row.held_out ? text("yes") : ""],
  ].filter(Boolean);
}

/** A box for each column that may be shown. */
function columnChoice(columns) {
  return columns.map(([name]) => {
    const box = make("input", { type: "checkbox", checked: members.shown.has(name), id: `column-${name}` });
    box.addEventListener("change", () => {
      members.shown[box.checked ? "add" : "delete"](name);
      showMemberRows();
    });
    return make("label", {}, box, text(name));
  });
}

function showMemberRows() {
  const columns = [["id", (row) => row.customer_id], ...memberColumns().filter(([name]) => members.shown.has(name))];
  const numbers = columns.flatMap(([, , isNumber], i) => isNumber ? [i] : []);
  byId("member-rows").replaceChildren(table(columns.map(([name]) => text(name)), members.rows.map((row) => ({ cells: columns.map(([, cell]) => cell(row)) })), numbers));
}

function showMembers() {
  const { segment, next } = members;
  if (!segment) return;
  byId("members-title").textContent = `${text("membersOf")} ${local(segment.name)}`;
  byId("more").hidden = !next;
  byId("columns").querySelector("p").replaceChildren(...columnChoice(memberColumns()));
  showMemberRows();
}

/** Offers the orders that this run can give, and the days that its record reaches back to. */
function offerChoices() {
  if (state.segments.length === 0) return;
  const options = [...byId("sort").options];
  for (const option of options) option.hidden = option.disabled = !CAN_SORT[option.value]();
  if (byId("sort").selectedOptions[0]?.disabled) byId("sort").value = options.find((option) => !option.disabled).value;
  byId("joined").min = state.runs.at(-1)?.reference_date.slice(0, 10) ?? "";
}

function downloadMembers(button) {
  const include = ["borderline", ...(members.rows.some((row) => row.co_assignment !== undefined) ? ["co_assignment"] : []), ...(state.run.manifest.forecast ? ["forecast"] : [])].join(",");
  return exportSegment(members.segment, button.dataset.format, button, { include, ...choice() });
}

function listenToMembers() {
  const again = () => members.segment && whileBusy(byId("more"), () => openMembers(members.segment), "looking");
  for (const id of ["sort", "confident", "joined"]) byId(id).addEventListener("change", again);
  byId("more").addEventListener("click", (event) => whileBusy(event.target, moreMembers, "looking"));
  for (const button of document.querySelectorAll("#members [data-format]")) button.addEventListener("click", () => downloadMembers(button));
}
