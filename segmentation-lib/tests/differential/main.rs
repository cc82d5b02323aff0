//! The engine against recorded results of scikit-learn and scipy, and beside linfa.
//!
//! `tests/reference/record.py` records; both sides make the same inputs ([`inputs`]), to the last bit.
#![cfg(feature = "engine")]

mod beside_linfa;
mod customers;
mod foresight;
mod inputs;
mod kmeans;
mod linkage;
mod recorded;
mod silhouette;
