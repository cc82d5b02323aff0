//! `segment push`, `segment pull`, and what `--push` adds to other commands.

use segmentation_lib::progress::Progress;
use segmentation_lib::store::bucket::{Bucket, BucketError, PushOptions, Pushed, Seen};
use segmentation_lib::store::{PublishOptions, Store};
use serde_json::json;

use crate::args::{Global, PullArgs, PushArgs};
use crate::failure::Result;
use crate::output;

pub fn push(args: &PushArgs, global: &Global) -> Result<()> {
    let run_id = args.run.as_deref().map(str::parse).transpose()?;
    let bucket = Bucket::at(&args.url)?;
    let progress = crate::progress::start(global)?;
    let options = PushOptions { keep: args.keep, overwrite: args.overwrite, ..PushOptions::default() };
    let pushed = bucket.push(&Store::at(&global.store), run_id.as_ref(), &options, &progress)?;
    if global.json {
        return output::json(&value(&pushed, &bucket));
    }
    print(&pushed, &bucket);
    Ok(())
}

pub fn pull(args: &PullArgs, global: &Global) -> Result<()> {
    let wanted = args.run.as_deref().map(str::parse).transpose()?;
    let bucket = Bucket::at(&args.url)?;
    let seen = bucket.look()?;
    if args.list {
        return list(&bucket, &seen, global);
    }
    let seen = match wanted {
        Some(run_id) => seen.with_run(run_id),
        None => seen,
    };
    let progress = crate::progress::start(global)?;
    let store = Store::at(&global.store);
    let before = store.current().ok().flatten();
    let run_id = bucket.pull(
        &seen,
        &store,
        &PublishOptions { keep: args.keep, ..PublishOptions::default() },
        &progress,
    )?;
    if global.json {
        let (url, there) = (bucket.url(), seen.run_id());
        return output::json(&json!({ "url": url, "run_id": run_id, "pulled": there, "before": before }));
    }
    match before.as_ref() == Some(&run_id) {
        true => println!("run {run_id} was current already"),
        false => println!("run {run_id} is current"),
    }
    if *seen.run_id() != run_id {
        println!("it is run {} without customers who are to be forgotten", seen.run_id());
    }
    Ok(())
}

fn list(bucket: &Bucket, seen: &Seen, global: &Global) -> Result<()> {
    let runs = bucket.runs()?;
    if global.json {
        return output::json(&json!({ "url": bucket.url(), "current": seen.run_id(), "runs": runs }));
    }
    for run_id in &runs {
        println!("{run_id}{}", if run_id == seen.run_id() { "  current" } else { "" });
    }
    Ok(())
}

/// A bucket that a command works with beside the store.
pub struct Beside {
    bucket: Bucket,
    store: Store,
    keep: usize,
}

impl Beside {
    /// Brings the store to what the bucket says. One that nothing was pushed to says nothing.
    pub fn pull_first(url: &str, store: &Store, keep: usize, progress: &Progress) -> Result<Self> {
        let bucket = Bucket::at(url)?;
        match bucket.look() {
            Ok(seen) => drop(bucket.pull(
                &seen,
                store,
                &PublishOptions { keep, ..PublishOptions::default() },
                progress,
            )?),
            Err(BucketError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self { bucket, store: store.clone(), keep })
    }

    /// Pushes what is current now; `None` when there is no run at all.
    pub fn push(&self, progress: &Progress) -> Result<Option<Pushed>> {
        if self.store.current()?.is_none() {
            return Ok(None);
        }
        let options = PushOptions { keep: self.keep, ..PushOptions::default() };
        Ok(Some(self.bucket.push(&self.store, None, &options, progress)?))
    }

    /// Says what [`Beside::push`] did.
    pub fn print(&self, pushed: Option<&Pushed>) {
        match pushed {
            Some(pushed) => print(pushed, &self.bucket),
            None => println!("Nothing pushed to {}: there is no run yet", self.bucket.url()),
        }
    }

    /// The same for programs.
    pub fn value(&self, pushed: Option<&Pushed>) -> serde_json::Value {
        pushed.map_or(serde_json::Value::Null, |pushed| value(pushed, &self.bucket))
    }
}

fn value(pushed: &Pushed, bucket: &Bucket) -> serde_json::Value {
    let Pushed { run_id, before, files, bytes, removed } = pushed;
    json!({
        "url": bucket.url(), "run_id": run_id, "before": before, "files": files, "bytes": bytes, "removed": removed,
    })
}

fn print(pushed: &Pushed, bucket: &Bucket) {
    let sent = match pushed.files {
        0 => "nothing to send".to_owned(),
        files => format!("{files} files, {} bytes sent", output::integer(pushed.bytes)),
    };
    println!("Pushed: run {} to {} ({sent})", pushed.run_id, bucket.url());
    for run_id in &pushed.removed {
        println!("Removed there: run {run_id}");
    }
}
