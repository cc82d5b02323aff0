//! Files in, canonical transactions and a ledger out.
#![cfg(feature = "analysis")]

mod cases;
mod exports;
mod formats;
mod identity;
mod kinds;
mod misread;
mod real;
mod shops;
mod support;
mod typed;
