//! Where lines end up: standard output, or a file that is set aside when it is full.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::files;

/// How often the file's name is compared with the file.
const LOOK: Duration = Duration::from_secs(1);
/// The share of a file's size that lines may take which are no evidence, beside the evidence.
const ALLOWANCE: u64 = 16;

/// Writes whole lines.
#[derive(Debug)]
pub(super) enum Sink {
    StandardOutput,
    Rotating(Rotating),
}

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is kept as long as there is room for it.
    Evidence,
    /// It is left out where it would take the room of evidence.
    Sample,
}

impl Sink {
    pub(super) fn open(path: &Path, max_bytes: u64, keep: u32) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::StandardOutput);
        }
        let mut rotating =
            Rotating { path: path.to_owned(), max_bytes, keep, open: None, looked: Instant::now() };
        rotating.reopen()?;
        Ok(Self::Rotating(rotating))
    }

    /// Writes a line; gives whether there was room for a sample.
    pub(super) fn write(&mut self, line: &[u8], weight: Weight) -> io::Result<bool> {
        match self {
            Self::StandardOutput => {
                let mut out = io::stdout().lock();
                out.write_all(line)?;
                out.flush()?;
                Ok(true)
            }
            Self::Rotating(file) => file.write(line, weight),
        }
    }

    /// Opens the file of this name anew: what was moved away is not written to any more.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        match self {
            Self::StandardOutput => Ok(()),
            Self::Rotating(file) => file.reopen(),
        }
    }
}

/// `audit.log`, then `audit.log.1`, the youngest of those set aside, and so on.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    max_bytes: u64,
    keep: u32,
    /// `None` while it cannot be opened: it has been set aside, or is gone.
    open: Option<Open>,
    /// When the file's name was last compared with the file.
    looked: Instant,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Device and number of the file; `None` for what is no regular file.
    identity: Option<(u64, u64)>,
    /// Length of all lines that were written whole.
    bytes: u64,
    /// Bytes of samples among them.
    samples: u64,
}

impl Rotating {
    fn write(&mut self, line: &[u8], weight: Weight) -> io::Result<bool> {
        if self.is_elsewhere() {
            self.open = None;
        }
        let (length, max_bytes) = (line.len() as u64, self.max_bytes);
        match (&self.open, weight) {
            // Samples have their own room, so that they never set evidence aside.
            (Some(open), Weight::Sample) if open.samples + length > max_bytes / ALLOWANCE => {
                return Ok(false);
            }
            (Some(open), Weight::Evidence) if open.evidence() > 0 && open.evidence() + length > max_bytes => {
                self.set_aside()?;
            }
            _ => {}
        }
        if self.open.is_none() {
            self.reopen()?;
        }
        let Some(open) = &mut self.open else { return Err(io::Error::other("the file is not open")) };
        open.write(line, weight)?;
        Ok(true)
    }

    /// Whether the file is no longer what its name says: deleted at once, moved or replaced within a second.
    fn is_elsewhere(&mut self) -> bool {
        let Some(open) = &self.open else { return false };
        let Some(identity) = open.identity else { return false };
        if open.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0) {
            return true;
        }
        if self.looked.elapsed() < LOOK {
            return false;
        }
        self.looked = Instant::now();
        match fs::metadata(&self.path) {
            Ok(metadata) => (metadata.dev(), metadata.ino()) != identity,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        let next = Open::at(&self.path)?;
        let same =
            self.open.as_ref().is_some_and(|open| open.identity.is_some() && open.identity == next.identity);
        if !same {
            self.open = Some(next);
        }
        Ok(())
    }

    /// Moves the file out of the way. Whatever fails, and however often this is repeated, no file is moved over
    /// another but the oldest: only those below the first free number move up.
    fn set_aside(&mut self) -> io::Result<()> {
        let free = (1..self.keep).find(|&i| !self.aside(i).exists()).unwrap_or(self.keep);
        for i in (1..free).rev() {
            rename(&self.aside(i), &self.aside(i + 1))?;
        }
        rename(&self.path, &self.aside(1))?;
        // From here on a new file is opened and nothing moved until that succeeds.
        self.open = None;
        Ok(())
    }

    fn aside(&self, i: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{i}"));
        name.into()
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let mut file = files::append(path)?;
        let metadata = file.metadata()?;
        let identity = metadata.is_file().then(|| (metadata.dev(), metadata.ino()));
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
        Ok(Self { file, identity, bytes, samples: 0 })
    }

    fn evidence(&self) -> u64 {
        self.bytes - self.samples
    }

    fn write(&mut self, line: &[u8], weight: Weight) -> io::Result<()> {
        if let Err(error) = self.file.write_all(line) {
            // The whole line will be written again, so no part of it may stay. A device cannot be cut; the
            // error above says enough then.
            let _ = self.file.set_len(self.bytes);
            return Err(error);
        }
        self.bytes += line.len() as u64;
        if weight == Weight::Sample {
            self.samples += line.len() as u64;
        }
        Ok(())
    }
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<(String, String)> {
        let mut found: Vec<_> = fs::read_dir(dir)
            .expect("listed")
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let text = fs::read_to_string(entry.path()).expect("text");
                (entry.file_name().into_string().expect("text"), text)
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_rotation_that_fails_to_open_can_be_repeated_without_loss() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let mut sink = Sink::open(&path, 8, 3).expect("opened");
        for line in ["first\n", "second\n", "third\n"] {
            sink.write(line.as_bytes(), Weight::Evidence).expect("written");
        }
        // Set aside, and then something that cannot be opened is in the way.
        let Sink::Rotating(rotating) = &mut sink else { panic!("a file") };
        rotating.set_aside().expect("moved");
        fs::create_dir(&path).expect("made");
        let before = names(dir.path());
        assert_eq!(before.len(), 3);
        for _ in 0..5 {
            assert!(sink.write(b"fourth\n", Weight::Evidence).is_err());
            assert_eq!(names(dir.path()), before);
        }
        fs::remove_dir(&path).expect("removed");
        assert!(sink.write(b"fourth\n", Weight::Evidence).expect("written"));
        assert_eq!(names(dir.path()).len(), 4);
    }

    #[test]
    fn only_those_below_the_first_free_number_move_up() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        for (name, text) in [("log.2", "older"), ("log.3", "oldest")] {
            fs::write(dir.path().join(name), text).expect("written");
        }
        let mut sink = Sink::open(&path, 8, 3).expect("opened");
        for line in ["first\n", "second\n"] {
            sink.write(line.as_bytes(), Weight::Evidence).expect("written");
        }
        let texts: Vec<_> = names(dir.path()).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["second\n", "first\n", "older", "oldest"]);
    }

    #[test]
    fn samples_have_room_of_their_own_and_never_set_evidence_aside() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let mut sink = Sink::open(&path, 160, 1).expect("opened");
        sink.write(b"evidence\n", Weight::Evidence).expect("written");
        let taken = (0..100).filter(|_| sink.write(b"nope\n", Weight::Sample).expect("tried")).count();
        assert_eq!(taken, 2);
        sink.write(&[b'x'; 150], Weight::Evidence).expect("written");
        assert_eq!(names(dir.path()).len(), 1, "all of the evidence is in one file");
    }

    #[test]
    fn a_file_that_was_deleted_is_made_anew_with_the_next_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let mut sink = Sink::open(&path, 1000, 1).expect("opened");
        sink.write(b"one\n", Weight::Evidence).expect("written");
        fs::remove_file(&path).expect("there");
        sink.write(b"two\n", Weight::Evidence).expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"two\n");
        fs::rename(&path, dir.path().join("moved")).expect("there");
        sink.reopen().expect("opened");
        sink.write(b"three\n", Weight::Evidence).expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"three\n");
    }
}
