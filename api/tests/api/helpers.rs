use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use api::settings::Cli;
use api::startup::Application;
use clap::Parser;
use reqwest::header::HeaderMap;
use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{PublishOptions, RunId, Store};
use serde_json::Value;

use crate::sample;

/// A server with a store of its own. The server thread ends with the test process.
pub struct TestApp {
    pub address: SocketAddr,
    pub store: Store,
    pub snapshot: Snapshot,
    client: reqwest::Client,
    _dir: tempfile::TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The answer is a problem of this code, with everything a problem has; gives its detail.
    pub fn problem(&self, status: u16, code: &str) -> String {
        let body = self.json();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert_eq!(body.as_object().map(|fields| fields.len()), Some(5), "{body}");
        body["detail"].as_str().expect("a detail").to_owned()
    }
}

pub fn publish(store: &Store, snapshot: &Snapshot) -> RunId {
    store
        .publish(snapshot, &PublishOptions::default(), &Progress::silent())
        .expect("a valid snapshot is published")
}

/// Two runs of the sample, one published after the other.
pub fn two_runs() -> [Snapshot; 2] {
    let before = sample::snapshot(190, 0);
    let now = sample::following(&before, 200, 1);
    [before, now]
}

/// A server on a published sample.
pub async fn spawn_app() -> TestApp {
    spawn_app_with(&[]).await
}

/// A server on a published sample, with flags.
pub async fn spawn_app_with(flags: &[&str]) -> TestApp {
    let [before, snapshot] = two_runs();
    let app =
        spawn_empty(flags, |store| [&before, &snapshot].iter().for_each(|run| drop(publish(store, run))));
    let app = TestApp { snapshot, ..app };
    app.wait_until_serving(&app.snapshot.manifest.run_id.clone()).await;
    app
}

/// A server on whatever `prepare` does to its store.
pub fn spawn_empty(flags: &[&str], prepare: impl FnOnce(&Store)) -> TestApp {
    let (address, store, dir) = spawn_server(flags, prepare);
    let client = reqwest::Client::builder().no_gzip().build().expect("a client");
    TestApp { address, store, snapshot: sample::snapshot(0, 1), client, _dir: dir }
}

/// A server thread with these flags; its store lives as long as the directory.
pub fn spawn_server(flags: &[&str], prepare: impl FnOnce(&Store)) -> (SocketAddr, Store, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::at(dir.path().join("store"));
    prepare(&store);
    let path = store.root().display().to_string();
    let own =
        ["segmentation-api", "--store", &path, "--bind", "127.0.0.1:0", "--poll-ms", "20", "--workers", "1"];
    let settings = Cli::try_parse_from(own.iter().chain(flags)).expect("valid settings").settings;
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let application = Application::build(settings).expect("the server starts");
            send.send(application.address()).expect("the test waits");
            application.run().await.expect("the server runs");
        });
    });
    (receive.recv().expect("the server started"), store, dir)
}

impl TestApp {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().expect("a method"), self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        read(self.request("GET", path)).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        read(self.request("POST", path).header("content-type", content_type).body(body)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, "application/json", body.to_string()).await
    }

    pub async fn wait_until_serving(&self, run_id: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = self.get("/health/ready").await;
            if answer.status == 200 && answer.json()["run_id"] == run_id {
                return;
            }
            assert!(Instant::now() < deadline, "run {run_id} is not served: {:?}", answer.json());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends bytes as they are and reads until the server closes or a second passes.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout");
        stream.write_all(bytes).expect("it reads");
        let mut answer = Vec::new();
        // A timeout ends the reading of a connection that is kept open.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub async fn read(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.expect("a body").to_vec(),
    }
}

/// Percent-encodes everything but letters and digits.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A 32-bit float as it stands in an answer: the shortest text that gives it back.
pub fn number(value: f32) -> Value {
    serde_json::from_str(&value.to_string()).expect("a finite number")
}
