//! What images and packages call: the health check, completions, manual pages, the version.

use std::path::Path;
use std::process::{Command, Output};

use segmentation_lib::store::Store;

use crate::helpers::{publish, spawn_server};
use crate::process::start;
use crate::sample;
use crate::tls::write_certificate;

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segmentation-api")).args(args).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_server_with_a_run_is_healthy() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::at(dir.path());
    let run_id = publish(&store, &sample::snapshot(20, 1));
    let (_server, address) = start(&store, &[]);
    let output = run(&["healthcheck", "--bind", &address]);
    assert!(output.status.success() && text(&output.stdout).contains(run_id.as_str()), "{output:?}");
}

#[test]
fn a_server_without_a_run_is_alive_but_not_healthy() {
    let (address, _store, _dir) = spawn_server(&[], |_| ());
    let address = address.to_string();
    let output = run(&["healthcheck", "--bind", &address]);
    let message = text(&output.stderr);
    assert!(!output.status.success() && message.contains(" 503 ") && message.contains("no_run"), "{message}");
    assert!(run(&["healthcheck", "--live", "--bind", &address]).status.success());
}

#[test]
fn a_server_that_does_not_run_is_not_healthy() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    let output = run(&["healthcheck", "--live", "--bind", &address]);
    let message = text(&output.stderr);
    assert!(!output.status.success() && message.contains(&format!("no answer from {address}")), "{message}");
}

#[test]
fn a_health_check_trusts_the_servers_own_certificate_alone() {
    let files = |dir: &Path| ["cert.pem", "key.pem"].map(|name| dir.join(name).display().to_string());
    let (dir, other) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
    write_certificate(dir.path());
    write_certificate(other.path());
    let [cert, key] = files(dir.path());
    let (address, _store, _dir) = spawn_server(&["--tls-cert", &cert, "--tls-key", &key], |_| ());
    let address = address.to_string();
    let check = |[cert, key]: [String; 2]| {
        run(&["healthcheck", "--live", "--bind", &address, "--tls-cert", &cert, "--tls-key", &key])
    };
    assert_eq!(text(&check([cert, key]).stdout), "{\"status\":\"live\"}\n");
    let output = check(files(other.path()));
    assert!(!output.status.success() && text(&output.stderr).contains("another certificate"), "{output:?}");
    assert!(!run(&["healthcheck", "--live", "--bind", &address]).status.success(), "in clear");
}

#[test]
fn every_shell_gets_completions() {
    for (shell, marker) in
        [("bash", "complete -F"), ("zsh", "#compdef segmentation-api"), ("fish", "complete -c")]
    {
        let script = text(&run(&["completions", shell]).stdout);
        assert!(script.contains(marker) && script.contains("audit-hash"), "{shell}: {script}");
    }
}

#[test]
fn every_command_gets_a_manual_page() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(run(&["manual", &dir.path().display().to_string()]).status.success());
    for (page, holds) in [
        ("segmentation-api.1", "SEGMENT_STORE"),
        ("segmentation-api-keys-create.1", "expires"),
        ("segmentation-api-healthcheck.1", "timeout"),
    ] {
        let text = std::fs::read_to_string(dir.path().join(page)).expect(page);
        assert!(text.starts_with(".ie") || text.starts_with(".TH"), "{page}: {text}");
        assert!(text.contains(holds), "{page}: {text}");
    }
    let output = run(&["manual", "/nowhere"]);
    assert!(!output.status.success() && text(&output.stderr).contains("/nowhere"), "{output:?}");
}

#[test]
fn the_version_begins_with_the_packages() {
    let version = text(&run(&["--version"]).stdout);
    let expected = format!("segmentation-api {}", env!("CARGO_PKG_VERSION"));
    assert!(version.trim_end() == expected || version.starts_with(&format!("{expected} (")), "{version}");
}
