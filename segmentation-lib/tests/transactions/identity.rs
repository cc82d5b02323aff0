//! A file is read once, however many paths lead to it.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use segmentation_lib::transactions::{ReadOptions, Transactions};

use crate::support::*;

const SALES: &str = "customer_id,trans_date,tran_amount\nCS1,2011-01-13,5\nCS2,2011-01-14,6\n";

fn said(read: &Transactions, part: &str) -> bool {
    read.decisions().iter().any(|decision| decision.topic == "files" && decision.text.en.contains(part))
}

/// Reads the paths, and finds the two rows of [`SALES`] there once.
#[track_caller]
fn read_once(paths: &[PathBuf]) -> Transactions {
    let read = read(paths, &ReadOptions::default()).expect("readable");
    assert_eq!((line(&read, "input"), read.inputs().len()), ((2, 2, 1100), 1), "{paths:?}");
    assert_adds_up(&read);
    read
}

#[test]
fn a_file_named_by_several_paths_is_read_once() {
    let inputs = Inputs::one("a.csv", SALES);
    std::fs::create_dir(inputs.path("sub")).expect("a directory");
    symlink(inputs.path("a.csv"), inputs.path("link.csv")).expect("a link");
    let file = inputs.path("a.csv");
    assert!(!said(&read_once(std::slice::from_ref(&file)), "read already"));
    for other in ["sub/../a.csv", "link.csv", "*.csv", "."] {
        let read = read_once(&[file.clone(), inputs.path(other)]);
        assert!(said(&read, "read already"), "{other}: {:?}", read.decisions());
        read_once(&[inputs.path(other), file.clone()]);
    }
}

#[test]
fn a_relative_and_an_absolute_path_lead_to_one_file() {
    let relative = Path::new("../data/cdnow/CDNOW_master.txt").to_owned();
    let read = read(&[relative, cdnow()], &ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "input"), (69_659, 23_570, 250_031_563));
}

#[test]
fn a_link_to_the_folder_itself_is_no_second_visit() {
    let inputs = Inputs::one("shop/2011/a.csv", SALES);
    for (target, link) in [(".", "loop"), ("shop", "shop/2011/up"), ("shop/2011", "alias")] {
        symlink(inputs.path(target), inputs.path(link)).expect("a link");
    }
    let read = read_once(&[inputs.path(".")]);
    for link in ["loop", "shop/2011/up", "alias"] {
        assert!(said(&read, link), "{link}: {:?}", read.decisions());
    }
}

#[test]
fn a_file_that_was_found_and_is_named_must_hold_transactions() {
    let inputs = Inputs::one("a.csv", SALES);
    let other = inputs.add("prices.csv", "article,price\n1,2.5\n");
    let whole = inputs.path(".");
    let found = read(std::slice::from_ref(&whole), &ReadOptions::default()).expect("readable");
    assert!(said(&found, "left out: prices.csv"), "{:?}", found.decisions());
    let error = read(&[whole, other], &ReadOptions::default()).expect_err("named");
    assert!(error.to_string().starts_with("prices.csv: "), "{error}");
}

#[test]
fn a_copy_counts_and_is_pointed_out() {
    let inputs = Inputs::one("a.csv", SALES);
    inputs.add("b.csv", SALES);
    let read = inputs.read(&ReadOptions::default()).expect("readable");
    assert_eq!(line(&read, "input"), (4, 2, 2200));
    assert!(said(&read, "b.csv holds the same bytes as a.csv"), "{:?}", read.decisions());
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let inputs = Inputs::one("a.csv", SALES);
    symlink(inputs.path("gone.csv"), inputs.path("b.csv")).expect("a link");
    let error = inputs.read(&ReadOptions::default()).expect_err("a link to nothing");
    assert!(error.to_string().contains("b.csv: cannot be read"), "{error}");
}

#[test]
fn a_table_whose_log_says_which_files_count_is_refused() {
    for (log, format) in [
        ("_delta_log/0.json", "Delta Lake"),
        ("metadata/version-hint.text", "Iceberg"),
        (".hoodie/x", "Hudi"),
    ] {
        let inputs = Inputs::one("lake/part-1.csv", "customer,date,amount\nA,2026-01-05,10\n");
        inputs.add(&format!("lake/{log}"), "1");
        let pattern = inputs.path("lake/*.csv");
        for input in [inputs.path("lake"), inputs.path(""), pattern] {
            let error = read(&[input], &ReadOptions::default());
            let error = error.expect_err("old files among the new").to_string();
            assert!(error.contains(format), "{error}");
        }
    }
}
