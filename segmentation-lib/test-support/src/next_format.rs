//! A run as a program of the next format would have written it.

use segmentation_lib::record::FORMAT_VERSION;
use sha2::{Digest, Sha256};

/// A run's list of checksums, with the next format's number in it.
pub fn of_next_format(list: &str) -> String {
    let (this, next) = (format!("format {FORMAT_VERSION}"), format!("format {}", FORMAT_VERSION + 1));
    let body = list[..list.rfind("end ").expect("a last line")].replace(&this, &next);
    let sum: String = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{body}end {sum}\n")
}
