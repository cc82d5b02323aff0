//! Lifetime models against published figures on CDNOW's one-tenth sample, and against recorded ones.
#![cfg(feature = "engine")]

mod cdnow;
mod differential;
mod from_lifetimes;
mod holdout;
mod hostile;
mod published;
mod recovery;
mod simulate;
mod value_together;
