//! A disk of a given size, for tests of what happens when it is full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own in memory; unmounted on drop.
pub struct Tmpfs(PathBuf);

impl Tmpfs {
    /// `None` where this process may not mount.
    pub fn mount(at: &Path, bytes: u64) -> Option<Self> {
        let options = format!("size={bytes}");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).status();
        status.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    /// Gives it this size from now on.
    pub fn resize(&self, bytes: u64) {
        let options = format!("remount,size={bytes}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().expect("mount").success());
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // A handle that sled could not close, or a killed server, may keep it busy: then it goes with the
        // last process.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Bytes of the files below a directory.
pub fn disk_bytes(dir: &Path) -> u64 {
    let output = Command::new("du").arg("-sb").arg(dir).output().expect("du is there").stdout;
    let text = String::from_utf8_lossy(&output);
    text.split_whitespace().next().and_then(|bytes| bytes.parse().ok()).expect("bytes")
}
