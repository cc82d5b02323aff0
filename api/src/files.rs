//! Files that an operator names: appended to, locked, and replaced whole.
//!
//! A FIFO in the place of a file would be waited for, a device read for ever.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use segmentation_lib::regular_file;

/// Opens without waiting for another process, as that of a FIFO would be.
const NO_WAIT: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;
/// Refuses a link that somebody put in the file's place.
const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// Opens a file to append to, made with mode 0600 when it is missing; a device is taken too.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.create(true).read(true).append(true).mode(0o600).custom_flags(NO_WAIT).open(path)?;
    let kind = file.metadata()?.file_type();
    use std::os::unix::fs::FileTypeExt;
    if kind.is_file() || kind.is_char_device() { Ok(file) } else { Err(regular_file::not_regular()) }
}

/// Opens the file that processes lock, made when it is missing: its content, if any, stays.
pub fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).truncate(false).mode(0o600);
    let file = options.custom_flags(NO_WAIT | NO_LINK).open(path)?;
    regular_file::check(&file)?;
    file.lock()?;
    Ok(file)
}

/// Where a link leads; the path as it is where there is none, or nothing yet.
pub fn followed(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn dir() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    #[test]
    fn a_fifo_is_neither_appended_to_nor_locked() {
        let dir = dir();
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is there");
        assert!(made.success() && append(&fifo).is_err() && lock(&fifo).is_err());
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
        assert_eq!((mode(), std::fs::read(&path).expect("read")), (0o640, b"b".to_vec()));
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
