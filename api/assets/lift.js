"use strict";
// What customers did who were not held out, or the last campaign brought, against those who were held out.

const isCertain = (effect) => effect.low > 0 || effect.high < 0;
const signed = (value, show) => (value > 0 ? "+" : value < 0 ? "−" : "") + show(Math.abs(value));
const withBounds = (effect, show) => effect ? `${signed(effect.a_head, show)} (${signed(effect.low, show)} ${text("to")} ${signed(effect.high, show)})` : "–";

function liftRow(name, lift) {
  const shareOf = (arm) => arm.customers > 0 ? percent(arm.bought / arm.customers) : "–";
  const points = (share) => number(share * 100, 1);
  return { cells: [name, number(lift.treated.customers), number(lift.held_out.customers), shareOf(lift.treated), shareOf(lift.held_out), withBounds(lift.bought, points), withBounds(lift.spend, money)] };
}

function showLift() {
  const lift = state.run?.manifest.lift;
  byId("lift").hidden = !lift;
  if (!lift) return;
  const { spend, treated } = lift.all;
  // What a campaign brought is a sum; without its customers' ids nobody says that there was one.
  const times = lift.campaign ? treated.customers : 1;
  const sum = spend && { a: money(Math.abs(spend.a_head * times)), low: signed(spend.low * times, money), high: signed(spend.high * times, money) };
  const verdict = !spend ? "liftUnknown" : !isCertain(spend) ? "liftOpen" : spend.a_head > 0 ? "liftMore" : "liftLess";
  const said = spend && !lift.campaign ? verdict.replace("lift", "spent") : verdict;
  byId("lift-title").textContent = text(lift.campaign ? "lift" : "heldOrNot");
  byId("brought").textContent = `${text("liftPeriod")({ from: day(lift.from), until: day(lift.until), share: percent(lift.share) })} ${text(said)(sum)}`;
  const rows = [...lift.segments.map((s) => liftRow(local(s.name), s.lift)), { ...liftRow(text("all"), lift.all), chosen: true }];
  const header = ["segment", lift.campaign ? "treatedCustomers" : "otherCustomers", "heldOutCustomers", lift.campaign ? "boughtTreated" : "boughtOthers", "boughtHeldOut", "boughtLift", "spendLift"].map(text);
  byId("lifts").replaceChildren(table(header, rows, [1, 2, 3, 4, 5, 6]));
}
