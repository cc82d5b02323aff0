use super::*;
use crate::transactions;

const CSV: &str =
    "customer_id,order_date,amount\nA,2024-01-05,10.00\nB,2024-02-05,20.00\nA,2024-03-01,5.50\n";

/// A bucket that is a directory, with objects of these names.
fn bucket(names: &[&str]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a directory");
    for name in names {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the bucket")).expect("made");
        std::fs::write(path, CSV).expect("written");
    }
    let url = format!("file://{}", dir.path().display());
    (dir, url)
}

fn names(url: &str, address: &str) -> Result<Vec<(String, bool)>, ObjectsError> {
    let fetched = fetch([format!("{url}/{address}").as_str()], &Progress::silent())?;
    let prefix = format!("{url}/");
    let relative = |name: &str| name.strip_prefix(&prefix).expect("below the bucket").to_owned();
    Ok(fetched.files.iter().map(|file| (relative(&file.name), file.named)).collect())
}

#[test]
fn an_address_names_an_object_a_directory_or_a_pattern() {
    let all =
        ["sales/a.csv", "sales/b.csv", "sales/2024/c.csv", "sales/_SUCCESS", "sales/_log/d.csv", "notes.md"];
    let (_dir, url) = bucket(&all);
    let named = |names: &[&str]| names.iter().map(|&name| (name.to_owned(), true)).collect::<Vec<_>>();
    let found = |names: &[&str]| names.iter().map(|&name| (name.to_owned(), false)).collect::<Vec<_>>();
    assert_eq!(names(&url, "sales/a.csv").expect("one"), named(&["sales/a.csv"]));
    let below = found(&["sales/2024/c.csv", "sales/a.csv", "sales/b.csv"]);
    assert_eq!(names(&url, "sales").expect("three"), below);
    assert_eq!(names(&url, "sales/").expect("three"), below);
    assert_eq!(names(&url, "").expect("three"), below);
    assert_eq!(names(&url, "sales/*.csv").expect("two"), named(&["sales/a.csv", "sales/b.csv"]));
    assert_eq!(names(&url, "s*/20??/*").expect("one"), named(&["sales/2024/c.csv"]));
    assert_eq!(names(&url, "**/c.csv").expect("one"), named(&["sales/2024/c.csv"]));
}

#[test]
fn a_table_whose_log_says_which_files_count_is_refused() {
    let (_dir, url) = bucket(&["lake/_delta_log/0.json", "lake/a.csv", "lake/month=1/b.csv", "plain/c.csv"]);
    for whole in ["lake", "", "lake/*.csv", "l*/a.csv"] {
        let error = names(&url, whole).expect_err(whole).to_string();
        assert!(error.contains("is a table of Delta Lake"), "{error}");
    }
    assert_eq!(names(&url, "lake/a.csv").expect("named alone"), [("lake/a.csv".to_owned(), true)]);
    assert_eq!(names(&url, "pl*/*.csv").expect("of no table"), [("plain/c.csv".to_owned(), true)]);
}

#[test]
fn what_is_not_there_is_named_with_its_address() {
    let (dir, url) = bucket(&["sales/a.csv"]);
    for missing in ["sale", "sales/*.parquet", "sales/b.csv", "sales/a.cs"] {
        let error = names(&url, missing).expect_err(missing).to_string();
        assert!(error.starts_with(&format!("{url}/{missing}: no object")), "{error}");
    }
    assert!(names(&url, "sales/[").is_err_and(|error| matches!(error, ObjectsError::Pattern { .. })));
    drop(dir);
    assert!(names(&url, "sales").is_err());
}

#[test]
fn objects_give_what_the_same_files_give() {
    let (dir, url) = bucket(&["a.csv", "b.csv"]);
    let paths = ["a.csv", "b.csv"].map(|name| dir.path().join(name));
    let (options, silent) = (ReadOptions::default(), Progress::silent());
    let here = transactions::read(&paths, &options, &silent).expect("read");
    let both = [paths[0].clone(), PathBuf::from(format!("{url}/b.csv"))];
    for inputs in [vec![PathBuf::from(format!("{url}/*.csv"))], both.to_vec()] {
        let there = read(&inputs, &options, &silent).expect("read");
        assert_eq!(format!("{:?}", there.ledger()), format!("{:?}", here.ledger()));
        assert_eq!(there.rows(), 6);
    }
}

#[test]
fn an_object_that_two_addresses_mean_is_read_once() {
    let (_dir, url) = bucket(&["a.csv", "b.csv"]);
    let inputs = ["*.csv", "b.csv", "b.csv"].map(|name| PathBuf::from(format!("{url}/{name}")));
    let read = read(&inputs, &ReadOptions::default(), &Progress::silent()).expect("read");
    assert_eq!(read.rows(), 6);
    assert!(read.inputs().iter().all(|input| input.name.starts_with("file://")), "{:?}", read.inputs());
}

#[test]
fn what_the_names_of_directories_say_is_not_dropped_in_silence() {
    let (_dir, url) = bucket(&["shop/currency=BRL/a.csv", "shop/currency=USD/a.csv"]);
    let inputs = [PathBuf::from(format!("{url}/shop"))];
    let read = read(&inputs, &ReadOptions::default(), &Progress::silent());
    let error = read.expect_err("a column is not read").to_string();
    assert!(error.contains("/shop/currency=BRL/a.csv: \"currency\", by its name the currency"), "{error}");
}
