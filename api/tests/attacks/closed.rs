//! In doubt closed: what protects the data fails by refusing them, says so, and recovers by itself.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use api::keys::Scope;
use api::keys::command::{Action, KeysArgs, execute};
use chrono::Utc;
use serde_json::Value;

use crate::service::{Home, Service, eventually, request};

const ONE: &str = "/v1/customers/C0000001/segment";

fn lines(home: &Home, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(home.path(name)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Lines of the audit, in whichever file, that were written for this key.
fn evidence(home: &Home, key: &str) -> usize {
    let names = ["audit.log", "audit.log.1", "audit.log.2"];
    let all = names.iter().flat_map(|name| lines(home, name));
    all.filter(|line| line["key"] == key[4..16] && line["status"] == 200).count()
}

/// Sends a request fifty times at once, so many times over, on one connection.
fn flood(service: &Service, request: &str, times: usize) {
    let mut stream = service.connect();
    let requests = request.repeat(50);
    let mut answer = vec![0; 1 << 20];
    for _ in 0..times {
        stream.write_all(requests.as_bytes()).expect("it reads");
        assert_ne!(stream.read(&mut answer).expect("answers"), 0);
    }
}

#[test]
fn what_strangers_cause_never_displaces_evidence() {
    let home = Home::of(20);
    let key = home.key(&[Scope::AssignmentsRead], None);
    let audit = home.text("audit.log");
    let service =
        home.serve_with_keys(&["--audit", &audit, "--audit-max-bytes", "8000", "--audit-keep", "2"]);
    for _ in 0..20 {
        assert_eq!(service.get_with(ONE, &key).status(), 200);
    }
    flood(&service, &format!("GET {ONE} HTTP/1.1\r\nhost: localhost\r\n\r\n"), 60);
    for _ in 0..3 {
        assert_eq!(service.get_with(ONE, &key).status(), 200);
    }
    assert_eq!(evidence(&home, &key), 23);
    let refused: Vec<_> =
        lines(&home, "audit.log").into_iter().filter(|line| line["status"] == 401).collect();
    assert!((1..50).contains(&refused.len()), "{}", refused.len());
    assert!(refused.iter().all(|line| line["refusals"].as_u64().is_some_and(|n| n >= 1)), "{refused:?}");
}

#[test]
fn heads_that_cost_nothing_never_displace_evidence() {
    let home = Home::of(20);
    let key = home.key(&[Scope::AssignmentsRead, Scope::Export], None);
    let audit = home.text("audit.log");
    let service =
        home.serve_with_keys(&["--audit", &audit, "--audit-max-bytes", "8000", "--audit-keep", "2"]);
    for _ in 0..20 {
        assert_eq!(service.get_with(ONE, &key).status(), 200);
    }
    let head = format!("host: localhost\r\nauthorization: Bearer {key}");
    flood(&service, &format!("HEAD /v1/export HTTP/1.1\r\n{head}\r\n\r\n"), 20);
    assert_eq!(service.get_with(ONE, &key).status(), 200);
    let all = ["audit.log", "audit.log.1", "audit.log.2"].into_iter().flat_map(|name| lines(&home, name));
    let methods: Vec<Value> = all.map(|line| line["method"].clone()).collect();
    assert_eq!(methods.iter().filter(|method| *method == "GET").count(), 21);
    assert!(methods.iter().any(|method| method == "HEAD"), "some of them have a line");
}

#[test]
fn a_revoked_key_is_named_in_the_audit() {
    let home = Home::of(20);
    let (key, other) = (home.key(&[Scope::AssignmentsRead], None), home.key(&[Scope::AssignmentsRead], None));
    revoke(&home, &key);
    let service = home.serve_with_keys(&["--audit", &home.text("audit.log")]);
    assert_eq!(service.get_with(ONE, &key).code(), "key_invalid");
    let forged = format!("{}{}", &key[..17], &other[17..]);
    assert_eq!(service.get_with(ONE, &forged).code(), "key_invalid");
    let lines = lines(&home, "audit.log");
    assert_eq!((&lines[0]["key"], &lines[1]["key"]), (&Value::from(&key[4..16]), &Value::Null));
}

/// Who looks at the first of two headers and who looks at the last one would see two different requests.
#[test]
fn a_request_with_two_keys_or_two_codings_is_refused() {
    let home = Home::of(20);
    let key = home.key(&[Scope::AssignmentsRead], None);
    let service = home.serve_with_keys(&[]);
    let (good, bad) = (format!("Bearer {key}"), "Bearer x".to_owned());
    for (first, second) in [(&good, &bad), (&bad, &good), (&good, &good)] {
        let head = [("authorization", first.as_str()), ("Authorization", second.as_str())];
        let reply = service.ask("GET", ONE, &head, b"");
        assert_eq!((reply.status(), reply.code().as_str()), (401, "key_invalid"), "{first} {second}");
    }
    let json = ("content-type", "application/json");
    let codings = [("authorization", &*good), json, ("content-encoding", "gzip"), ("content-encoding", "br")];
    let reply = service.ask("POST", "/v1/segments/lookup", &codings, b"{}");
    assert_eq!(reply.code(), "unsupported_media_type");
    let types = [("authorization", &*good), json, ("content-type", "text/csv")];
    let reply = service.ask("POST", "/v1/segments/lookup", &types, b"{\"ids\": []}");
    assert_eq!(reply.code(), "unsupported_media_type");
}

fn revoke(home: &Home, key: &str) {
    let action = Action::Revoke { id: key[4..16].to_owned() };
    execute(&KeysArgs { keys: home.path("keys.json"), action }, Utc::now()).expect("revoked");
}

#[test]
fn a_deleted_audit_is_made_anew_and_sighup_opens_a_moved_one_again() {
    let home = Home::of(20);
    let audit = home.path("audit.log");
    let service = home.serve(&["--audit", &audit.display().to_string()]);
    assert_eq!(service.get(ONE).status(), 200);
    fs::remove_file(&audit).expect("there");
    assert_eq!(service.get(ONE).status(), 200);
    assert_eq!(lines(&home, "audit.log").len(), 1);
    fs::rename(&audit, home.path("moved")).expect("there");
    service.signal("-HUP");
    assert!(eventually(|| audit.exists()));
    assert_eq!(service.get(ONE).status(), 200);
    assert_eq!((lines(&home, "audit.log").len(), lines(&home, "moved").len()), (1, 1));
}

#[test]
fn with_the_audits_disk_full_metrics_work_and_readiness_says_so() {
    let home = Home::of(20);
    let (key, admin) = (home.key(&[Scope::AssignmentsRead], None), home.key(&[Scope::Admin], None));
    let secret = home.text("secret");
    let service = home.serve_with_keys(&["--audit", "/dev/full", "--audit-secret", &secret]);
    assert_eq!(service.get_with(ONE, &key).code(), "audit_unavailable");
    for _ in 0..3 {
        let ready = service.get("/health/ready");
        assert_eq!((ready.status(), ready.code().as_str()), (503, "audit_unavailable"));
        assert_eq!(service.metric("segmentation_audit_working", Some(&admin)), Some(0.0));
    }
    assert_eq!(service.get("/health/live").status(), 200);
}

/// The file is replaced by what cannot be read: as another user's would be for a service that is not root.
#[test]
fn keys_that_cannot_be_read_again_open_nothing_after_their_grace() {
    let home = Home::of(20);
    let (key, admin) = (home.key(&[Scope::AssignmentsRead], None), home.key(&[Scope::Admin], None));
    let service = home.serve_with_keys(&["--keys-grace", "1"]);
    assert_eq!(service.get_with(ONE, &key).status(), 200);
    let (keys, away) = (home.path("keys.json"), home.path("away"));
    fs::rename(&keys, &away).expect("there");
    for damage in ["missing", "damaged", "a directory", "a fifo"] {
        match damage {
            "damaged" => fs::write(&keys, "{").expect("written"),
            "a directory" => fs::create_dir(&keys).expect("made"),
            "a fifo" => assert!(Command::new("mkfifo").arg(&keys).status().expect("there").success()),
            _ => {}
        }
        assert!(eventually(|| service.get_with(ONE, &key).status() == 503), "{damage}");
        assert_eq!(service.get_with(ONE, &key).code(), "keys_unavailable");
        assert_eq!(service.get("/health/ready").code(), "keys_unavailable");
        assert_eq!(service.metric("segmentation_keys_valid", Some(&admin)), Some(0.0), "{damage}");
        let _ = fs::remove_dir(&keys).or_else(|_| fs::remove_file(&keys));
        fs::copy(&away, &keys).expect("copied");
        assert!(eventually(|| service.get_with(ONE, &key).status() == 200), "{damage}");
        assert_eq!(service.get("/health/ready").status(), 200);
        fs::remove_file(&keys).expect("there");
    }
}

#[test]
fn a_running_stream_ends_when_its_key_is_revoked() {
    let home = Home::of(20_000);
    let key = home.key(&[Scope::Export], Some(600));
    let service = home.serve_with_keys(&[]);
    let ask = request("GET", "/v1/segments/1/export", &[("authorization", &format!("Bearer {key}"))], b"");
    let mut stream = service.connect();
    stream.write_all(&ask).expect("it reads");
    let mut head = [0; 15];
    stream.read_exact(&mut head).expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    revoke(&home, &key);
    let mut rest = Vec::new();
    // It is broken off, which may also be a reset.
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it is not complete");
    assert!(rest.len() < 1 << 20, "{} bytes", rest.len());
}

#[test]
fn a_key_that_is_revoked_through_a_link_is_revoked_where_it_leads() {
    let home = Home::of(20);
    let key = home.key(&[Scope::AssignmentsRead], None);
    let (link, keys) = (home.path("keys.json"), home.path("elsewhere.json"));
    fs::rename(&link, &keys).expect("there");
    std::os::unix::fs::symlink(&keys, &link).expect("a link");
    let service = home.serve(&["--keys", &home.text("elsewhere.json")]);
    assert_eq!(service.get_with(ONE, &key).status(), 200);
    revoke(&home, &key);
    assert!(eventually(|| service.get_with(ONE, &key).status() == 401));
    assert!(link.is_symlink());
}

#[test]
fn a_replaced_file_of_keys_keeps_owner_and_mode() {
    use std::os::unix::fs::MetadataExt;
    let home = Home::of(20);
    home.key(&[Scope::Admin], None);
    let keys = home.path("keys.json");
    fs::set_permissions(&keys, PermissionsExt::from_mode(0o640)).expect("set");
    let root = keys.metadata().expect("there").uid() == 0;
    if root {
        std::os::unix::fs::chown(&keys, Some(4711), Some(4712)).expect("root may");
    }
    let before = keys.metadata().expect("there");
    home.key(&[Scope::Admin], None);
    let after = keys.metadata().expect("there");
    assert_eq!((after.uid(), after.gid(), after.mode()), (before.uid(), before.gid(), before.mode()));
    assert!(!root || after.uid() == 4711);
}

fn fails(home: &Home, flags: &[&str]) -> String {
    let output = home.command(flags).output().expect("it runs");
    assert!(!output.status.success(), "{flags:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let home = Home::of(20);
    let fifo = home.text("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is there").success());
    home.key(&[Scope::Admin], None);
    for path in [fifo.as_str(), "/dev/zero", "/"] {
        for flags in [
            vec!["--keys", path],
            vec!["--tls-cert", path, "--tls-key", path],
            vec!["--audit", "-", "--audit-secret", path],
        ] {
            let message = fails(&home, &flags);
            assert!(
                message.contains("regular file") || message.contains("directory"),
                "{flags:?}: {message}"
            );
        }
    }
    assert!(fails(&home, &["--audit", &fifo]).contains("regular file"));
    for path in [fifo.as_str(), "/dev/zero"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segmentation-api"));
        command.args(["keys", "--keys", path, "list"]).stderr(Stdio::piped());
        let output = command.output().expect("it ends");
        assert!(String::from_utf8_lossy(&output.stderr).contains("regular file"), "{path}");
    }
}

/// Who opens a pipe waits for its other end: then no publication would be seen any more, and no signal end the service.
#[test]
fn a_pipe_in_the_store_is_told_and_not_waited_for() {
    let home = Home::of(20);
    let mut service = home.serve(&[]);
    let pointer = home.path("store/CURRENT");
    fs::remove_file(&pointer).expect("there");
    assert!(Command::new("mkfifo").arg(&pointer).status().expect("mkfifo is there").success());
    let told = |service: &Service| {
        let ready = service.get("/health/ready").json();
        ready["trouble"].as_str().is_some_and(|text| text.contains("regular file"))
    };
    assert!(eventually(|| told(&service)));
    assert_eq!(service.get(ONE).status(), 200, "the run that was served is served on");
    service.signal("-TERM");
    assert!(eventually(|| service.has_ended()));
}

#[test]
fn a_secret_is_made_by_a_server_alone() {
    let home = Home::of(20);
    let wrong = home.text("wrong.log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_segmentation-api"));
    let output = command.args(["audit-hash", "--audit", &wrong, "C0000001"]).output().expect("it runs");
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(!home.path("wrong.log.secret").exists());
}

#[test]
fn a_file_of_keys_that_others_may_write_draws_a_warning() {
    let home = Home::of(20);
    home.key(&[Scope::Admin], None);
    fs::set_permissions(home.path("keys.json"), PermissionsExt::from_mode(0o666)).expect("set");
    let mut command = home.command(&["--keys", &home.text("keys.json")]);
    let mut child = command.spawn().expect("it starts");
    let mut log = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    let mut byte = [0];
    while !log.contains("\"serving\"") && stderr.read(&mut byte).expect("a log") == 1 {
        log.push(char::from(byte[0]));
    }
    child.kill().and_then(|()| child.wait()).expect("it ran");
    assert!(log.contains("may change the file of keys"), "{log}");
}

#[test]
fn a_name_of_a_key_has_no_line_breaks_or_escapes() {
    let home = Home::of(20);
    for name in ["a\nb", "a\u{1b}[31m", "a\r", &"x".repeat(101)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segmentation-api"));
        let keys = home.text("keys.json");
        command.args(["keys", "--keys", &keys, "create", "--scopes", "admin", "--name", name]);
        let output = command.output().expect("it runs");
        assert!(!output.status.success() && output.stdout.is_empty(), "{name:?}");
        assert!(!home.path("keys.json").exists());
    }
}

#[test]
fn readiness_says_why_to_operators_alone() {
    let home = Home::of(20);
    let admin = home.key(&[Scope::Admin], None);
    let service = home.serve_with_keys(&[]);
    fs::write(home.path("store/CURRENT"), "PRIVATE TEXT\n").expect("written");
    let trouble =
        |service: &Service| service.get("/health/ready").json()["trouble"].as_str().map(str::to_owned);
    assert!(eventually(|| trouble(&service).is_some()));
    let seen = trouble(&service).expect("there");
    assert!(!seen.contains("PRIVATE") && !seen.contains(&home.text("")), "{seen}");
    let told = service.get_with("/health/ready", &admin).text();
    assert!(told.contains("PRIVATE TEXT"), "{told}");
}

#[test]
fn connections_leave_the_descriptors_to_see_that_a_key_was_revoked() {
    let home = Home::of(20);
    let key = home.key(&[Scope::AssignmentsRead], None);
    let mut command = Command::new("sh");
    // The soft limit is lower still: the service raises it.
    let limits = "ulimit -n 160; ulimit -S -n 40; exec \"$0\" \"$@\"";
    command.args(["-c", limits]).arg(env!("CARGO_BIN_EXE_segmentation-api"));
    let flags = ["--bind", "127.0.0.1:0", "--log", "json", "--workers", "1", "--poll-ms", "20"];
    command.args(flags).arg("--keys").arg(home.path("keys.json")).arg("--store").arg(home.path("store"));
    let service = Service::start({
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    });
    let mut honest = service.connect();
    let ask = format!("GET {ONE} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n");
    let mut answer = [0; 4096];
    let mut status = || {
        honest.write_all(ask.as_bytes()).expect("it reads");
        assert_ne!(honest.read(&mut answer).expect("an answer"), 0);
        String::from_utf8_lossy(&answer[9..12]).into_owned()
    };
    assert_eq!(status(), "200");
    let others: Vec<_> = (0..200).map(|_| service.connect()).collect();
    assert!(eventually(|| service.descriptors() > 90), "{}", service.descriptors());
    revoke(&home, &key);
    assert!(eventually(|| status() == "401"));
    assert!(service.descriptors() < 160);
    drop(others);
}
