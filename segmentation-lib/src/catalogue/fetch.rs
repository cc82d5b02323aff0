//! Downloads: resumed, verified, and put in place in one step.
//!
//! A download grows in `raw/NAME.part`. What broke off there is resumed by the next attempt; what is
//! complete is unpacked beside its place, verified, and renamed. Whatever fails verification is removed.

mod download;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use super::{CatalogueError, Dataset, Download, Origin, dataset};
use crate::progress::Progress;

/// Downloads the data set called `name` into `root/raw/NAME` and returns its files; does nothing when
/// they are there.
///
/// `url` replaces the catalogue's address, for a mirror or a test. HTTP and HTTPS, through the proxy
/// that `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` name. Cost: the download, and reading the data once
/// where it is verified by its content.
pub fn fetch(
    name: &str,
    root: &Path,
    url: Option<&str>,
    progress: &Progress,
) -> Result<Vec<PathBuf>, CatalogueError> {
    fetch_dataset(dataset(name)?, root, url, progress)
}

/// [`fetch`] for a data set that need not be in the catalogue.
pub fn fetch_dataset(
    dataset: &Dataset,
    root: &Path,
    url: Option<&str>,
    progress: &Progress,
) -> Result<Vec<PathBuf>, CatalogueError> {
    let directory = dataset.directory(root);
    let (catalogue_url, check) = match &dataset.origin {
        Origin::Bundled { download: None, .. } => return dataset.files(root),
        Origin::ByHand { steps } => {
            return dataset.files(root).map_err(|_| CatalogueError::ByHand {
                name: dataset.name,
                directory,
                steps,
            });
        }
        Origin::Bundled { download: Some(Download { url, check }), .. }
        | Origin::Download(Download { url, check }) => (*url, check),
    };
    if let Ok(files) = dataset.files(root) {
        return Ok(files);
    }
    let url = url.unwrap_or(catalogue_url);
    let raw = root.join("raw");
    fs::create_dir_all(&raw).map_err(|source| CatalogueError::Io { path: raw.clone(), source })?;
    let part = raw.join(format!("{}.part", dataset.name));
    download::download(url, &part, progress)?;
    // From here on the download is complete: whatever is wrong with it would be wrong again.
    let placed = install(&part, &directory, url, check, progress);
    let removed = fs::remove_file(&part).map_err(|source| CatalogueError::Io { path: part, source });
    placed.and(removed)?;
    dataset.files(root)
}

/// Verifies and unpacks a complete download, and moves it to its place.
fn install(
    part: &Path,
    directory: &Path,
    url: &str,
    check: &super::Check,
    progress: &Progress,
) -> Result<(), CatalogueError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| CatalogueError::Io { path, source }
    };
    verify::checksum(part, check, url)?;
    let parent = directory.parent().unwrap_or(directory);
    // Beside its place, so that the rename stays within one file system; removed when dropped.
    let staging = tempfile::Builder::new().prefix(".fetch-").tempdir_in(parent).map_err(io(parent))?;
    verify::unpack(part, staging.path(), url)?;
    verify::content(staging.path(), check, url, progress)?;
    if directory.exists() {
        // There is no data file in it, or nothing would have been downloaded.
        fs::remove_dir(directory).map_err(io(directory))?;
    }
    fs::rename(staging.path(), directory).map_err(io(directory))
}
