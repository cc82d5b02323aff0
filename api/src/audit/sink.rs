//! Where lines end up: standard output, or a file that is set aside when it is full.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes whole lines.
#[derive(Debug)]
pub(super) enum Sink {
    StandardOutput,
    Rotating(Rotating),
}

impl Sink {
    pub(super) fn open(path: &Path, max_bytes: u64, keep: u32) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::StandardOutput);
        }
        let (file, bytes) = open(path)?;
        Ok(Self::Rotating(Rotating { path: path.to_owned(), file, bytes, max_bytes, keep }))
    }

    pub(super) fn write(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::StandardOutput => {
                let mut out = io::stdout().lock();
                out.write_all(line)?;
                out.flush()
            }
            Self::Rotating(file) => file.write(line),
        }
    }
}

/// `audit.log`, then `audit.log.1`, the youngest of those set aside, and so on.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    file: File,
    /// Length of all lines that were written whole.
    bytes: u64,
    max_bytes: u64,
    keep: u32,
}

impl Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.max_bytes {
            self.rotate()?;
        }
        if let Err(error) = self.file.write_all(line) {
            // The whole line will be written again, so no part of it may stay. A device cannot be cut; the
            // error above says enough then.
            let _ = self.file.set_len(self.bytes);
            return Err(error);
        }
        self.bytes += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for i in (1..self.keep).rev() {
            rename(&self.aside(i), &self.aside(i + 1))?;
        }
        rename(&self.path, &self.aside(1))?;
        (self.file, self.bytes) = open(&self.path)?;
        Ok(())
    }

    fn aside(&self, i: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{i}"));
        name.into()
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = metadata.len();
    let mut last = [b'\n'];
    if metadata.is_file() && bytes > 0 {
        file.read_exact_at(&mut last, bytes - 1)?;
    }
    // A line that a dying machine left unfinished stays by itself.
    if last != [b'\n'] {
        file.write_all(b"\n")?;
        bytes += 1;
    }
    Ok((file, bytes))
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
