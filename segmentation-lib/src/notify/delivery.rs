//! Events on their way to the receiver.

use std::time::{Duration, Instant, SystemTime};

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::outbox::{self, DEAD_AFTER_DAYS};
use super::{NotifyError, Secret};
use crate::record::RunId;
use crate::store::Store;

/// All attempts of a call together end within this time.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One attempt ends within this time.
const ATTEMPT: Duration = Duration::from_secs(8);

/// Waits between the attempts of a call; the next call begins anew.
const BACKOFF: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// What became of the events in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Delivered {
    /// Runs whose event the receiver took (any 2xx).
    pub delivered: Vec<String>,
    /// Runs whose event waits for the next call, with the reason.
    pub waiting: Vec<(String, String)>,
    /// Runs whose event was given up after [`DEAD_AFTER_DAYS`], with the last reason.
    pub dead: Vec<(String, String)>,
}

/// Sends what waits in the outbox, oldest first. The first event that the receiver does not take ends the call, because
/// those after it would meet the same. One whose file is damaged waits until somebody mends it, and holds up no other.
///
/// # Errors
/// An address that is none; the disk.
pub fn deliver(store: &Store, url: &str, secret: &Secret) -> Result<Delivered, NotifyError> {
    check(url)?;
    let (agent, start) = (agent(), Instant::now());
    let mut result = Delivered::default();
    let mut reason: Option<String> = None;
    for event in outbox::waiting(store)? {
        if !outbox::was_published(store, &event.run_id)? {
            outbox::remove(&event)?;
            continue;
        }
        let failure = match (&event.body, &reason) {
            (Err(damaged), _) => Err(damaged.clone()),
            (_, Some(reason)) => Err(reason.clone()),
            (Ok(body), None) => send(&agent, url, secret, (&event.run_id, body.as_slice()), start),
        };
        let run_id = event.run_id.to_string();
        match failure {
            Ok(()) => {
                outbox::remove(&event)?;
                result.delivered.push(run_id);
            }
            Err(why) => {
                if now() - event.since > DEAD_AFTER_DAYS * 86_400 {
                    outbox::remove(&event)?;
                    result.dead.push((run_id, why.clone()));
                } else {
                    result.waiting.push((run_id, why.clone()));
                }
                // One that is damaged says nothing of the receiver.
                if event.body.is_ok() {
                    reason = Some(why);
                }
            }
        }
    }
    Ok(result)
}

/// Whether events can be sent to this address.
///
/// # Errors
/// It names no host by http or https.
pub fn check(url: &str) -> Result<(), NotifyError> {
    let wrong = |reason: &str| NotifyError::Address { url: url.to_owned(), reason: reason.to_owned() };
    let parsed: ureq::http::Uri = url.parse().map_err(|_| wrong("it cannot be read"))?;
    match parsed.scheme_str() {
        Some("http" | "https") if parsed.host().is_some_and(|host| !host.is_empty()) => Ok(()),
        _ => Err(wrong("it names no host by http or https")),
    }
}

fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        // Another place was not meant, and its signature would be of no use there.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(ATTEMPT))
        .user_agent(concat!("segment/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// What is sent of an event: its run's id and its body.
type Sent<'a> = (&'a RunId, &'a [u8]);

/// Sends one event, with the attempts that the time allows.
fn send(agent: &Agent, url: &str, secret: &Secret, event: Sent<'_>, start: Instant) -> Result<(), String> {
    let mut attempt = attempt(agent, url, secret, event);
    for wait in BACKOFF {
        if attempt.is_ok() || start.elapsed() + wait + ATTEMPT > PATIENCE {
            break;
        }
        std::thread::sleep(wait);
        attempt = self::attempt(agent, url, secret, event);
    }
    attempt
}

fn attempt(agent: &Agent, url: &str, secret: &Secret, (run_id, body): Sent<'_>) -> Result<(), String> {
    let (id, timestamp) = (run_id.as_str(), now());
    let request = agent
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", secret.signature(id, timestamp, body));
    let response = request.send(body).map_err(|error| error.to_string())?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("the receiver answered {}", status.as_u16())),
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64)
}
