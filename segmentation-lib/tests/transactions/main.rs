//! Files in, canonical transactions and a ledger out.
#![cfg(feature = "analysis")]

mod amounts;
mod cases;
mod currencies;
mod exports;
mod formats;
mod identity;
mod kinds;
mod misread;
mod people;
mod real;
mod shops;
mod stacked;
mod support;
mod swapped;
mod told;
mod totals;
mod typed;
mod units;
