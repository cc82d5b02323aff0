//! Downloads, against a server on this machine.
#![cfg(feature = "cli")]

mod server;
mod workbook;

use std::path::Path;
use std::process::{Command, Output};

use segmentation_lib::catalogue::{CatalogueError, Check, Dataset, Download, Origin, dataset, fetch_dataset};
use segmentation_lib::progress::Progress;
use sha2::{Digest, Sha256};

use server::{Manner, Server};

fn rows() -> Vec<u8> {
    let mut text = String::from("customer_id,trans_date,tran_amount\n");
    (0..2_000).for_each(|i| text.push_str(&format!("CS{i},2011-01-{:02},{i}\n", 1 + i % 28)));
    text.into_bytes()
}

fn of(check: Check) -> Dataset {
    Dataset {
        name: "test-data",
        origin: Origin::Download(Download { url: "", check }),
        ..dataset("cdnow").expect("bundled").clone()
    }
}

fn sha256_of(content: &[u8]) -> Check {
    Check::Sha256 { sha256: Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect() }
}

fn fetch(dataset: &Dataset, root: &Path, url: &str) -> Result<Vec<std::path::PathBuf>, CatalogueError> {
    fetch_dataset(dataset, root, Some(url), &Progress::silent())
}

/// Every file below a directory.
fn left(root: &Path) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(root.join("raw"))
        .expect("made by the attempt")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

#[test]
fn a_download_is_verified_and_put_in_place_once() {
    let (root, content) = (tempfile::tempdir().expect("a directory"), rows());
    let server = Server::start(content.clone(), Manner::Whole);
    let files = fetch(&of(sha256_of(&content)), root.path(), &server.url("rows.csv")).expect("fetched");
    assert_eq!(std::fs::read(&files[0]).expect("there"), content);
    assert_eq!(left(root.path()), ["test-data"]);
    fetch(&of(sha256_of(&content)), root.path(), &server.url("rows.csv")).expect("there already");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_broke_off_is_resumed_where_it_ended() {
    let (root, content) = (tempfile::tempdir().expect("a directory"), rows());
    let server = Server::start(content.clone(), Manner::BreaksOffOnce);
    let files = fetch(&of(sha256_of(&content)), root.path(), &server.url("rows.csv")).expect("fetched");
    assert_eq!(std::fs::read(&files[0]).expect("there"), content);
    let from = format!(" from {}", content.len() / 2);
    assert!(server.requests()[1].ends_with(&from), "{:?}", server.requests());
}

#[test]
fn an_altered_download_is_removed() {
    let root = tempfile::tempdir().expect("a directory");
    let server = Server::start(rows(), Manner::Whole);
    for check in [sha256_of(b"other"), Check::Content { rows: 2_001, customers: 2_000, amount_pennies: None }]
    {
        let error = fetch(&of(check), root.path(), &server.url("rows.csv")).expect_err("altered");
        assert!(matches!(error, CatalogueError::Altered { .. }), "{error}");
        assert!(left(root.path()).is_empty(), "{:?}", left(root.path()));
    }
}

#[test]
fn a_refused_download_leaves_nothing() {
    let root = tempfile::tempdir().expect("a directory");
    let server = Server::start(rows(), Manner::Missing);
    let error = fetch(&of(sha256_of(b"")), root.path(), &server.url("rows.csv")).expect_err("404");
    assert!(error.to_string().contains("404") && error.to_string().contains("give another"), "{error}");
    assert!(left(root.path()).is_empty(), "{:?}", left(root.path()));
}

fn segment(root: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment"));
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    command.args(args).arg("--data").arg(root).envs(variables.iter().copied()).output().expect("it starts")
}

#[test]
fn the_archive_of_uci_is_fetched_through_a_proxy_and_known_by_its_content() {
    let root = tempfile::tempdir().expect("a directory");
    let proxy = Server::start(workbook::archive(), Manner::Whole);
    let url = "http://archive.invalid/online+retail.zip";
    let output =
        segment(root.path(), &["fetch", "online-retail", "--url", url], &[("HTTP_PROXY", &proxy.url(""))]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(root.path().join("raw/online-retail/Online Retail.xlsx").exists());
    assert!(proxy.requests()[0].contains("archive.invalid"), "{:?}", proxy.requests());
}

#[test]
fn no_network_is_one_line_with_the_way_out() {
    let root = tempfile::tempdir().expect("a directory");
    let output = segment(root.path(), &["fetch", "online-retail", "--url", "http://127.0.0.1:9/x.zip"], &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(message.trim().lines().count(), 1, "{message}");
    assert!(!output.status.success() && message.contains("fetch again"), "{message}");
}
