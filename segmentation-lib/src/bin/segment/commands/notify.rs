//! `segment notify`, and what a publication tells others.

use segmentation_lib::notify::{self, DEAD_AFTER_DAYS, Delivered, Secret};
use segmentation_lib::store::Store;

use crate::args::{Global, NotifyArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// Where the secret is: on a command line others could read it.
const SECRET: &str = "SEGMENT_WEBHOOK_SECRET";

/// Who is told of a publication.
pub struct Receiver {
    url: String,
    secret: Secret,
}

impl Receiver {
    /// The receiver at this address.
    pub fn at(url: &str) -> Result<Self> {
        notify::check(url)?;
        let text = std::env::var(SECRET).map_err(|_| {
            let way = "`segment notify --new-secret` makes one for both sides";
            Failure::Unusable(format!("events are signed, and {SECRET} is not set; {way}"))
        })?;
        Ok(Self { url: url.to_owned(), secret: Secret::parse(&text)? })
    }

    /// Sends what waits. The publication is over: what fails here is said, and fails nothing.
    pub fn tell(&self, store: &Store) -> serde_json::Value {
        match notify::deliver(store, &self.url, &self.secret) {
            Ok(result) => {
                report(&result);
                serde_json::to_value(result).unwrap_or_default()
            }
            Err(error) => {
                eprintln!("warning: nobody was told of the run: {error}");
                serde_json::json!({ "error": error.to_string() })
            }
        }
    }
}

pub fn execute(args: &NotifyArgs, global: &Global) -> Result<()> {
    if args.new_secret {
        println!("{}", Secret::generate()?);
        return Ok(());
    }
    let Some(url) = &args.url else {
        return Err(Failure::Unusable("name the receiver's address, or set SEGMENT_WEBHOOK".to_owned()));
    };
    let receiver = Receiver::at(url)?;
    let result = notify::deliver(&Store::at(&global.store), &receiver.url, &receiver.secret)?;
    report(&result);
    if global.json {
        output::json(&result)?;
    } else {
        result.delivered.iter().for_each(|run_id| println!("delivered: {run_id}"));
        if result == Delivered::default() {
            println!("nothing waits in the outbox");
        }
    }
    if result.waiting.is_empty() && result.dead.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{} of the events were not delivered",
        result.waiting.len() + result.dead.len()
    )))
}

fn report(result: &Delivered) {
    for (run_id, reason) in &result.waiting {
        eprintln!("warning: the event of run {run_id} waits: {reason}; `segment notify` tries again");
    }
    for (run_id, reason) in &result.dead {
        eprintln!("warning: the event of run {run_id} was given up after {DEAD_AFTER_DAYS} days: {reason}");
    }
}
