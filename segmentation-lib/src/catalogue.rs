//! Data sets by name: where they come from, what may be done with them, where their files lie.
//!
//! Below a root directory (`data` by default) `online-retail/` and `cdnow/` are bundled, and `raw/NAME/` holds the
//! files of every other data set, put there by [`fetch`] or by hand.
//!
//! ```
//! use segmentation_lib::catalogue::{dataset, locate};
//!
//! let cdnow = dataset("cdnow")?;
//! assert_eq!((cdnow.currency, cdnow.extent.map(|extent| extent.customers)), (Some("USD"), Some(23_570)));
//! let files = locate("cdnow", std::path::Path::new("../data"))?;
//! assert_eq!(files.len(), 1);
//! # Ok::<(), segmentation_lib::catalogue::CatalogueError>(())
//! ```

mod entries;
#[cfg(feature = "cli")]
mod fetch;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use self::entries::datasets;
#[cfg(feature = "cli")]
pub use self::fetch::{fetch, fetch_dataset};

/// A public data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// Name on the command line.
    pub name: &'static str,
    /// Title.
    pub title: &'static str,
    /// What it is, in English.
    pub description: &'static str,
    /// What it is, in Brazilian Portuguese.
    pub description_pt_br: &'static str,
    /// Page that describes it.
    pub source: &'static str,
    /// Licence, or what is known of it.
    pub licence: &'static str,
    /// How to cite it.
    pub citation: &'static str,
    /// ISO 4217 code of the amounts, when known.
    pub currency: Option<&'static str>,
    /// How its files come here.
    pub origin: Origin,
    /// How much it holds, where that was counted.
    pub extent: Option<Extent>,
    /// Raw columns in order.
    pub columns: &'static [RawColumn],
}

/// A column of a data set as it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RawColumn {
    /// Name in the file.
    pub name: &'static str,
    /// The role it plays, or `-`.
    pub role: &'static str,
    /// What it holds, in English.
    pub en: &'static str,
    /// What it holds, in Brazilian Portuguese.
    pub pt_br: &'static str,
    /// What its values are.
    pub kind: RawKind,
    /// Unit in English and Portuguese; empty where there is none.
    pub unit: [&'static str; 2],
    /// Smallest and largest value, or what texts look like.
    pub range: &'static str,
    /// A value that occurs.
    pub example: &'static str,
}

/// What the values of a raw column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RawKind {
    /// Texts and codes.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers with decimals.
    Decimal,
    /// Days.
    Day,
    /// Days with a time of day.
    Moment,
}

impl RawKind {
    /// Its name in English and in Portuguese.
    pub fn name(self) -> [&'static str; 2] {
        match self {
            Self::Text => ["text", "texto"],
            Self::Integer => ["whole number", "número inteiro"],
            Self::Decimal => ["decimal number", "número decimal"],
            Self::Day => ["day", "dia"],
            Self::Moment => ["date and time", "data e hora"],
        }
    }
}

/// How much a data set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Rows.
    pub rows: u64,
    /// Distinct customers.
    pub customers: u64,
    /// Days of the first and of the last row, ISO 8601.
    pub period: [&'static str; 2],
}

/// How a data set's files come to where they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// They are part of the project.
    Bundled {
        /// Path below the root.
        file: &'static str,
        /// SHA-256, hex.
        sha256: &'static str,
        /// Where [`fetch`] takes them from for a root that does not have them, if anywhere.
        download: Option<Download>,
    },
    /// [`fetch`] downloads them.
    Download(Download),
    /// They are put there by hand, because their publisher asks for an account.
    ByHand {
        /// What to do.
        steps: &'static str,
    },
}

/// Where files are downloaded from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Download {
    /// Address.
    pub url: &'static str,
    /// What the download must be.
    pub check: Check,
}

/// How a download is known to be the right one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Check {
    /// By its checksum.
    Sha256 {
        /// SHA-256, hex.
        sha256: String,
    },
    /// By its content, where no checksum is published.
    Content {
        /// Rows.
        rows: u64,
        /// Distinct customers.
        customers: u64,
        /// Sum of all lines, each rounded to the penny.
        amount_pennies: Option<i64>,
    },
}

/// A data set cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A name that is not in the catalogue.
    #[error("unknown data set {name:?}; the catalogue has: {known}")]
    Unknown {
        /// As given.
        name: String,
        /// Every name there is.
        known: String,
    },
    /// The files are not there yet.
    #[error("data set {name}: no file in {}; {way_out}", directory.display())]
    NotFetched {
        /// The data set.
        name: &'static str,
        /// Where its files should be.
        directory: PathBuf,
        /// What to do.
        way_out: String,
    },
    /// It cannot be downloaded.
    #[error("data set {name} cannot be downloaded without an account: {steps}; put its files into {}", directory.display())]
    ByHand {
        /// The data set.
        name: &'static str,
        /// Where its files should be.
        directory: PathBuf,
        /// What to do.
        steps: &'static str,
    },
    /// The server answered with an error.
    #[error("{url}: the server answered {status}; nothing was changed; check the address or give another")]
    Status {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The download broke off.
    #[error(
        "{url}: the download broke off after {done} bytes: {reason}; fetch again to resume it \
         (a proxy is taken from HTTPS_PROXY or HTTP_PROXY)"
    )]
    Network {
        /// The address.
        url: String,
        /// Bytes that are here.
        done: u64,
        /// What the connection said.
        reason: String,
    },
    /// The file is not what it should be.
    #[error("{what}: {found}, expected {expected}; the file was altered or damaged and has been removed")]
    Altered {
        /// The file or address.
        what: String,
        /// What was found.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// A file cannot be written or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The caller asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

/// The data set called `name`.
pub fn dataset(name: &str) -> Result<&'static Dataset, CatalogueError> {
    datasets().iter().find(|dataset| dataset.name == name).ok_or_else(|| CatalogueError::Unknown {
        name: name.to_owned(),
        known: datasets().iter().map(|dataset| dataset.name).collect::<Vec<_>>().join(", "),
    })
}

/// The files of the data set called `name`, below `root`. Where Parquet lies beside another form of
/// the same data, it is the Parquet: it reads many times faster.
pub fn locate(name: &str, root: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
    dataset(name)?.files(root)
}

impl Dataset {
    /// The directory that takes the files which are not part of the project.
    pub fn directory(&self, root: &Path) -> PathBuf {
        match &self.origin {
            Origin::Bundled { file, download: None, .. } => {
                root.join(file).parent().unwrap_or(root).to_owned()
            }
            Origin::Bundled { .. } | Origin::Download(_) | Origin::ByHand { .. } => {
                root.join("raw").join(self.name)
            }
        }
    }

    /// The files below `root`: those of the project, else those that were fetched or put there by hand.
    pub fn files(&self, root: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
        let mut files = match &self.origin {
            Origin::Bundled { file, .. } if root.join(file).exists() => vec![root.join(file)],
            Origin::Bundled { download: None, .. } => Vec::new(),
            _ => data_files(&self.directory(root))?,
        };
        let is_parquet = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "parquet");
        if files.iter().any(is_parquet) {
            files.retain(is_parquet);
        }
        if files.is_empty() {
            return Err(CatalogueError::NotFetched {
                name: self.name,
                directory: self.directory(root),
                way_out: self.way_out(),
            });
        }
        Ok(files)
    }

    fn way_out(&self) -> String {
        match &self.origin {
            Origin::Bundled { download: None, .. } => {
                "it is part of the project: is this the project's data directory?".to_owned()
            }
            Origin::Bundled { .. } => {
                "it is part of the project: is this the project's data directory? It can also be fetched"
                    .to_owned()
            }
            Origin::Download(_) => "it has to be fetched first".to_owned(),
            Origin::ByHand { steps } => format!("{steps}, and put the files there"),
        }
    }
}

/// Data files directly in a directory, sorted; none where there is no directory.
fn data_files(directory: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
    let io = |source| CatalogueError::Io { path: directory.to_owned(), source };
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && crate::transactions::is_data_name(&name) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_with_the_list() {
        let error = dataset("online_retail").expect_err("misspelt");
        assert!(error.to_string().contains("online-retail, cdnow, online-retail-ii"), "{error}");
    }

    #[test]
    fn what_is_not_there_says_how_to_get_it() {
        let root = tempfile::tempdir().expect("a directory");
        let error = locate("online-retail-ii", root.path()).expect_err("not there");
        assert!(error.to_string().ends_with("it has to be fetched first"), "{error}");
        let error = locate("online-retail", root.path()).expect_err("not there");
        assert!(error.to_string().ends_with("It can also be fetched"), "{error}");
        let error = locate("retail-transactions", root.path()).expect_err("not there");
        assert!(error.to_string().contains("kaggle.com"), "{error}");
    }

    #[test]
    fn parquet_is_preferred_to_other_forms_of_the_same_data() {
        let root = tempfile::tempdir().expect("a directory");
        let directory = root.path().join("raw/online-retail");
        std::fs::create_dir_all(&directory).expect("a directory");
        for name in ["Online Retail.xlsx", ".hidden.csv", "README.txt"] {
            std::fs::write(directory.join(name), "x").expect("a file");
        }
        assert_eq!(
            locate("online-retail", root.path()).expect("there"),
            [directory.join("Online Retail.xlsx")]
        );
        std::fs::write(directory.join("OnlineRetail.parquet"), "x").expect("a file");
        assert_eq!(
            locate("online-retail", root.path()).expect("there"),
            [directory.join("OnlineRetail.parquet")]
        );
    }

    #[test]
    fn what_is_bundled_goes_before_what_was_fetched() {
        let root = tempfile::tempdir().expect("a directory");
        for name in ["raw/online-retail/Online Retail.xlsx", "online-retail/OnlineRetail.parquet"] {
            let file = root.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a directory");
            std::fs::write(&file, "x").expect("a file");
            assert_eq!(locate("online-retail", root.path()).expect("there"), [file]);
        }
    }

    #[test]
    fn each_bundled_file_has_its_checksum() {
        use sha2::{Digest, Sha256};
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        let mut bundled = Vec::new();
        for dataset in datasets() {
            let Origin::Bundled { sha256, .. } = &dataset.origin else { continue };
            let bytes = std::fs::read(&dataset.files(&root).expect("bundled")[0]).expect("readable");
            let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, *sha256, "{}", dataset.name);
            bundled.push(dataset.name);
        }
        assert_eq!(bundled, ["online-retail", "cdnow"]);
    }

    #[test]
    fn names_are_unique_and_every_entry_says_what_may_be_done_with_it() {
        for (at, dataset) in datasets().iter().enumerate() {
            assert!(datasets()[..at].iter().all(|other| other.name != dataset.name), "{}", dataset.name);
            assert!(
                !dataset.licence.is_empty() && !dataset.citation.is_empty() && !dataset.columns.is_empty()
            );
        }
    }
}
