//! File descriptors: as many as the system allows, and some kept from connections.
//!
//! A service whose connections have taken all of them could neither read that a key was revoked, nor load the next
//! run, nor begin a new file of the audit.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that connections never take: for the store while a run is loaded, keys, certificate, audit, bucket.
const RESERVED: u64 = 64;
/// More connections than a machine can have.
const UNLIMITED: u64 = 1 << 24;

/// Raises the limit as far as it may be raised; gives what is then allowed.
pub fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: maximum, maximum };
    let raised = current == maximum || setrlimit(Resource::Nofile, wanted).is_ok();
    let allowed = if raised { maximum } else { current };
    allowed.unwrap_or(UNLIMITED)
}

/// Connections that each of `workers` may have of `allowed` descriptors, at `each` descriptors.
pub fn connections(allowed: u64, workers: usize, each: u64) -> usize {
    let most = allowed.min(UNLIMITED).saturating_sub(RESERVED) / each / workers as u64;
    most.max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_some_descriptors() {
        assert_eq!(connections(1024, 2, 1), 480);
        assert_eq!(connections(1024, 2, 2), 240);
        assert_eq!([connections(64, 8, 1), connections(0, 1, 1)], [1, 1]);
        assert!(raise() > RESERVED);
    }
}
