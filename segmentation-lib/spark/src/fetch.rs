//! A query's rows from the server into Parquet parts.
//!
//! Memory: a few batches and one row group, whatever the number of rows. Batches are encoded on a thread of their own,
//! while the next ones come.

use std::path::Path;

use arrow_array::RecordBatch;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use crate::error::Error;
use crate::output;
use crate::parts::Parts;
use crate::rows::Rows;
use crate::session::Session;
use crate::types;

/// Responses that wait for the encoder; then the server waits.
const WAITING: usize = 2;

/// Fetches the rows of a query into a folder; each batch written is told on standard output.
///
/// # Errors
/// For types that no purchase has, and for everything that fails on the way; no part is left then.
pub async fn fetch(session: &Session, query: &str, dir: &Path) -> Result<(), Error> {
    types::check(&session.columns(query).await?)?;
    let (sender, receiver) = channel(WAITING);
    let parts = Parts::into(dir);
    let encoder = spawn_blocking(move || encode(parts, receiver));
    let sent = send(session, query, &sender).await;
    if sent.is_ok() {
        // Only the word that all has come lets the parts stay.
        sender.send(Message::Complete).await.ok();
    }
    drop(sender);
    let written = joined(encoder).await;
    // An encoder that failed is why nothing could be sent.
    let rows = sent.and(written)?;
    output::done(rows)
}

enum Message {
    Batches(Vec<RecordBatch>),
    Complete,
}

async fn send(session: &Session, query: &str, sender: &Sender<Message>) -> Result<(), Error> {
    let mut rows = Rows::of(session, query).await?;
    while let Some(batches) = rows.next().await? {
        if sender.send(Message::Batches(batches)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Writes what comes; without [`Message::Complete`] at its end, the parts are removed and no rows counted.
fn encode(mut parts: Parts, mut receiver: Receiver<Message>) -> Result<u64, Error> {
    while let Some(message) = receiver.blocking_recv() {
        match message {
            Message::Complete => return parts.finish(),
            Message::Batches(batches) => {
                for batch in &batches {
                    parts.write(batch)?;
                    output::batch(batch.num_rows())?;
                }
            }
        }
    }
    Ok(0)
}

async fn joined(encoder: JoinHandle<Result<u64, Error>>) -> Result<u64, Error> {
    encoder.await.unwrap_or_else(|error: JoinError| std::panic::resume_unwind(error.into_panic()))
}
