//! Files that somebody names: regular ones, small ones read whole.
//!
//! A FIFO in the place of a file would be waited for, a device read for ever.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file to read, without waiting for another process, as opening a FIFO would.
///
/// # Errors
/// What the system says, and that it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = without_waiting(options.read(true)).open(path)?;
    check(&file)?;
    Ok(file)
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
}

#[cfg(not(unix))]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Opens a regular file to lock, made when it is missing: its content, if any, stays, and a link in its place is not
/// followed.
///
/// # Errors
/// As [`open`], and that it is a link.
pub fn open_to_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false);
    let file = without_following(&mut options).open(path)?;
    check(&file)?;
    Ok(file)
}

#[cfg(unix)]
fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    options.custom_flags(flags.bits() as i32)
}

#[cfg(not(unix))]
fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Refuses what is no regular file.
///
/// # Errors
/// It is none, or the system does not say.
pub fn check(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { Ok(()) } else { Err(not_regular()) }
}

/// That it is no regular file.
pub fn not_regular() -> io::Error {
    let text = "it is not a regular file; of a pipe or a device, write the content to a file first";
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// All bytes of a regular file, for one whose size follows from what is published and not from a limit.
///
/// # Errors
/// As [`open`], and what the system says while it is read.
pub fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open`], and that it is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let text = format!("it is larger than {most} bytes, the most that are read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// The same for text.
///
/// # Errors
/// As [`read`], and that it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        std::fs::write(&path, "0123456789").expect("written");
        assert_eq!(read(&path, 10).expect("read"), b"0123456789");
        assert_eq!(read(&path, 9).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is there");
        assert!(made.success());
        for path in [&fifo, Path::new("/dev/zero"), dir.path()] {
            assert!(read(path, 10).is_err() && read_whole(path).is_err(), "{}", path.display());
        }
    }
}
