//! Files that an operator names: regular files of bounded size, read whole and replaced whole.
//!
//! A FIFO in the place of a file would be waited for, a device read for ever.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Opens without waiting for another process, as that of a FIFO would be.
const NO_WAIT: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;
/// Refuses a link that somebody put in the file's place.
const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// The bytes of a regular file of at most `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(NO_WAIT).open(path)?;
    regular(&file)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {most} bytes, the most that are read"),
        ));
    }
    Ok(bytes)
}

/// The same for text.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Opens a file to append to, made with mode 0600 when it is missing; a device is taken too.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.create(true).read(true).append(true).mode(0o600).custom_flags(NO_WAIT).open(path)?;
    let kind = file.metadata()?.file_type();
    use std::os::unix::fs::FileTypeExt;
    if kind.is_file() || kind.is_char_device() { Ok(file) } else { Err(not_regular()) }
}

/// Opens the file that processes lock, made when it is missing: its content, if any, stays.
pub fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).truncate(false).mode(0o600);
    let file = options.custom_flags(NO_WAIT | NO_LINK).open(path)?;
    regular(&file)?;
    file.lock()?;
    Ok(file)
}

/// Replaces a file in one step. A new one may be read by its owner alone (mode 0600); one that was there keeps owner
/// and mode, so that whoever reads it can read it on.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Temporary files have names that cannot be foreseen, and mode 0600 from their creation.
    let mut new = tempfile::NamedTempFile::new_in(dir)?;
    new.write_all(bytes)?;
    match std::fs::metadata(path) {
        Ok(before) => keep_owner(new.as_file(), &before)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    new.as_file().sync_all()?;
    new.persist(path)?;
    File::open(dir)?.sync_all()
}

fn keep_owner(new: &File, before: &Metadata) -> io::Result<()> {
    let now = new.metadata()?;
    if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
        std::os::unix::fs::fchown(new, Some(before.uid()), Some(before.gid())).map_err(|error| {
            let owner = format!("its owner {}:{} cannot be kept ({error})", before.uid(), before.gid());
            io::Error::new(error.kind(), owner)
        })?;
    }
    new.set_permissions(PermissionsExt::from_mode(before.mode() & 0o7777))
}

/// Whether others than the owner may change the file.
pub fn others_may_write(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o022 != 0)
}

fn regular(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { Ok(()) } else { Err(not_regular()) }
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let dir = dir();
        let path = dir.path().join("file");
        std::fs::write(&path, "0123456789").expect("written");
        assert_eq!(read(&path, 10).expect("read"), b"0123456789");
        assert_eq!(read(&path, 9).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is there");
        assert!(made.success());
        for path in [&fifo, Path::new("/dev/zero"), dir.path()] {
            assert!(read(path, 10).is_err(), "{}", path.display());
        }
        assert!(append(&fifo).is_err() && lock(&fifo).is_err());
    }

    #[test]
    fn a_replaced_file_keeps_its_mode_and_a_new_one_is_private() {
        let dir = dir();
        let path = dir.path().join("file");
        let mode = || path.metadata().expect("there").mode() & 0o777;
        replace(&path, b"a").expect("written");
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("set");
        replace(&path, b"b").expect("written");
        assert_eq!((mode(), read(&path, 1).expect("read")), (0o640, b"b".to_vec()));
        assert!(!others_may_write(&path));
    }

    #[test]
    fn a_link_in_the_place_of_a_lock_is_not_followed() {
        let dir = dir();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        std::fs::write(&target, "precious").expect("written");
        std::os::unix::fs::symlink(&target, &link).expect("made");
        assert!(lock(&link).is_err());
        assert_eq!(std::fs::read(&target).expect("there"), b"precious");
    }
}
