//! The service asked from a notebook, as everyone else asks it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use super::html::{Html, escape};
use crate::explore::Section;

/// The service could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// It ended before it listened.
    #[error("{program} ended before it listened: {log}", program = program.display())]
    Ended {
        /// The program.
        program: PathBuf,
        /// The last lines it logged.
        log: String,
    },
    /// The program could not be started.
    #[error("the service cannot be started: {0}")]
    Start(#[from] std::io::Error),
    /// It could not be asked, or did not answer within ten seconds.
    #[error("the service cannot be asked: {0}")]
    Ask(#[from] ureq::Error),
}

/// Starts the service on a free port of this machine with a store, asks it each path, stops it, and
/// shows the answers. Skipped where the program is not built.
///
/// The program is the one that `SEGMENT_API` names, else `segmentation-api` in `../target`.
pub fn ask(store: &str, paths: &[&str]) -> Result<Section<Html>, ServiceError> {
    match program() {
        Some(program) => {
            let service = Service::start(program, store)?;
            let answers = paths.iter().map(|path| Ok((*path, service.get(path)?)));
            Ok(Section::Present(shown(&answers.collect::<Result<Vec<_>, ServiceError>>()?)))
        }
        None => Ok(Section::Skipped(
            "the program segmentation-api is not built; run: cargo build --release -p api, or name it in SEGMENT_API",
        )),
    }
}

fn program() -> Option<PathBuf> {
    match std::env::var_os("SEGMENT_API") {
        Some(named) => Some(named.into()).filter(|path: &PathBuf| path.is_file()),
        None => ["release", "debug"]
            .map(|profile| PathBuf::from(format!("../target/{profile}/segmentation-api")))
            .into_iter()
            .find(|path| path.is_file()),
    }
}

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client that gives an answer of every status, past any proxy.
fn client() -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    config.http_status_as_error(false).proxy(None).timeout_global(Some(PATIENCE)).build().into()
}

/// The service as a child of this process; it ends with the value.
struct Service {
    process: Child,
    // Kept open, so that the service can go on logging.
    _log: BufReader<ChildStderr>,
    client: ureq::Agent,
    address: String,
}

impl Service {
    fn start(program: PathBuf, store: &str) -> Result<Self, ServiceError> {
        let mut command = Command::new(&program);
        command.args(["--store", store, "--bind", "127.0.0.1:0", "--log", "json"]).env("RUST_LOG", "info");
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(process.stderr.take().expect("standard error was asked for as a pipe"));
        let (mut line, mut last) = (String::new(), String::new());
        while log.read_line(&mut line)? > 0 {
            if let Some(address) = address(&line) {
                let service = Self { process, _log: log, client: client(), address };
                service.wait_until_ready()?;
                return Ok(service);
            }
            last = std::mem::take(&mut line);
        }
        process.wait()?;
        Err(ServiceError::Ended { program, log: last.trim().to_owned() })
    }

    /// It listens before it has loaded the run; what is not ready after ten seconds says so itself.
    fn wait_until_ready(&self) -> Result<(), ServiceError> {
        for _ in 0..100 {
            if self.client.get(self.url("/health/ready")).call()?.status() == 200 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// The body of the answer, whatever its status.
    fn get(&self, path: &str) -> Result<String, ServiceError> {
        Ok(self.client.get(self.url(path)).call()?.body_mut().read_to_string()?)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address in a line of the log that says that the service listens.
fn address(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = &line["fields"];
    if fields["message"] != "listening" {
        return None;
    }
    fields["address"].as_str().map(str::to_owned)
}

fn shown(answers: &[(&str, String)]) -> Html {
    let pretty = |json: &str| match serde_json::from_str::<serde_json::Value>(json) {
        Ok(value) => format!("{value:#}"),
        Err(_) => json.to_owned(),
    };
    let text: Vec<String> =
        answers.iter().map(|(path, json)| format!("GET {path}\n{}", pretty(json))).collect();
    let html = answers.iter().map(|(path, json)| {
        format!("<p><code>GET {}</code></p><pre>{}</pre>", escape(path), escape(&pretty(json)))
    });
    Html::raw(html.collect(), text.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_address_stands_in_the_line_that_says_listening() {
        let line = r#"{"level":"INFO","fields":{"message":"listening","address":"127.0.0.1:40123"}}"#;
        assert_eq!(address(line).as_deref(), Some("127.0.0.1:40123"));
        assert_eq!(address(r#"{"fields":{"message":"loaded","address":"x"}}"#), None);
        assert_eq!(address("no JSON"), None);
    }

    #[test]
    fn a_program_that_ends_at_once_is_an_error_with_its_last_words() {
        let error = Service::start("/bin/false".into(), "store").err().expect("it ends");
        assert!(error.to_string().starts_with("/bin/false ended before it listened"), "{error}");
    }

    #[test]
    fn an_answer_of_any_status_is_its_body() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a question");
            let head =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let first = head.collect::<Vec<_>>().swap_remove(0);
            write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{{}}").expect("answered");
            first
        });
        let asked = client().get(format!("http://{address}/v1/run")).call();
        assert_eq!(asked.expect("answered").body_mut().read_to_string().expect("text"), "{}");
        assert_eq!(answering.join().expect("it ended"), "GET /v1/run HTTP/1.1");
    }

    #[test]
    fn answers_are_shown_readably_and_escaped() {
        let shown = shown(&[("/v1/run", r#"{"k":3,"note":"<b>"}"#.to_owned())]);
        assert_eq!(shown.text(), "GET /v1/run\n{\n  \"k\": 3,\n  \"note\": \"<b>\"\n}");
        assert!(shown.html().contains("&lt;b&gt;"));
    }
}
