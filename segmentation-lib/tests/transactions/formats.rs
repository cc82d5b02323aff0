//! Formats and notations, on small inputs.
