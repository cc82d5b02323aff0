"use strict";
// The members of one segment: in the order asked for, page by page.

const members = { segment: null, rows: [], next: null };

/** Shows the members of a segment from the first on. */
async function openMembers(segment) {
  Object.assign(members, { segment, rows: [], next: null });
  byId("members").hidden = false;
  showMembers();
  await moreMembers();
  byId("members-title").focus();
}

async function moreMembers() {
  const query = new URLSearchParams({ limit: "100", sort: byId("sort").value, confident: String(byId("confident").checked) });
  if (byId("joined").value) query.set("joined_since", byId("joined").value);
  if (members.next) query.set("cursor", members.next);
  const page = await ask(`v1/segments/${encodeURIComponent(members.segment.key)}/customers?${query}`);
  members.rows.push(...page.customers);
  members.next = page.next_cursor;
  showMembers();
}

function showMembers() {
  const { segment, rows, next } = members;
  if (!segment) return;
  byId("members-title").textContent = `${text("membersOf")} ${local(segment.name)}`;
  byId("more").hidden = !next;
  const some = (key) => rows.some((row) => row[key] !== undefined);
  const columns = [
    ["id", (row) => row.customer_id, true], ["sure", (row) => number(row.silhouette, 2), true],
    ["expectedValue", (row) => row.expected_value_pennies === undefined ? "–" : money(row.expected_value_pennies), some("expected_value_pennies")],
    ["stillCustomer", (row) => row.alive === undefined ? "–" : percent(row.alive), some("alive")],
    ["uncertain", (row) => row.borderline ? text("yes") : "", some("borderline")], ["heldOutCustomers", (row) => row.held_out ? text("yes") : "", some("held_out")],
  ].filter(([, , there]) => there);
  byId("member-rows").replaceChildren(table(columns.map(([key]) => text(key)), rows.map((row) => ({ cells: columns.map(([, cell]) => cell(row)) })), [1, 2, 3]));
}

function listenToMembers() {
  const again = () => members.segment && whileBusy(byId("more"), () => openMembers(members.segment), "looking");
  for (const id of ["sort", "confident", "joined"]) byId(id).addEventListener("change", again);
  byId("more").addEventListener("click", (event) => whileBusy(event.target, moreMembers, "looking"));
}
