//! The rows of a query as they come, batch by batch.
//!
//! A server may end its stream before the result is whole (Spark does after two minutes or a gigabyte); the rest comes
//! on a new one. Only its word that the result is complete ends the rows.

use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_schema::ArrowError;
use spark_connect_core::ExecutePlanResponseReattachableIterator as Execution;
use spark_connect_proto::ExecutePlanResponse;
use spark_connect_proto::execute_plan_response::ResponseType;
use tonic::{Code, Status, Streaming};

use crate::error::Error;
use crate::session::Session;

/// How long a broken stream waits before each try to resume it.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// A running query.
pub struct Rows<'a> {
    session: &'a Session,
    execution: Execution,
    stream: Streaming<ExecutePlanResponse>,
    began: bool,
}

impl<'a> Rows<'a> {
    /// Starts a query.
    ///
    /// # Errors
    /// For a query that the server does not take.
    pub async fn of(session: &'a Session, query: &str) -> Result<Self, Error> {
        let execution = Execution::new(session.execution(query));
        let request = session.connection.request(execution.request().clone());
        let stream = session.connection.calls.clone().execute_plan(request).await;
        let stream = stream.map_err(|status| Error::answered(&session.place, status))?.into_inner();
        Ok(Self { session, execution, stream, began: false })
    }

    /// The next batches; `None` after the last.
    ///
    /// # Errors
    /// For a query that fails, and for a server that is lost and does not come back within seconds.
    pub async fn next(&mut self) -> Result<Option<Vec<RecordBatch>>, Error> {
        loop {
            match self.stream.message().await {
                Ok(Some(response)) => {
                    self.execution.set_last_response_id(&response).await;
                    match response.response_type {
                        Some(ResponseType::ArrowBatch(batch)) => return self.decoded(&batch.data).map(Some),
                        Some(ResponseType::ResultComplete(_)) => return self.release().await,
                        _ => {}
                    }
                }
                Ok(None) => self.reattach(Status::unavailable("the stream ended early")).await?,
                Err(status) if is_broken(&status) => self.reattach(status).await?,
                Err(status) => return Err(self.failed(status)),
            }
        }
    }

    fn decoded(&mut self, bytes: &[u8]) -> Result<Vec<RecordBatch>, Error> {
        self.began = true;
        batches(bytes).map_err(|source| Error::Rows { place: self.session.place.clone(), source })
    }

    fn failed(&self, status: Status) -> Error {
        let meaning = if self.began { Error::midway } else { Error::answered };
        meaning(&self.session.place, status)
    }

    /// Goes on after the last response that came.
    async fn reattach(&mut self, mut status: Status) -> Result<(), Error> {
        for wait in WAITS {
            tokio::time::sleep(wait).await;
            let request = self.session.connection.request(self.execution.create_reattach_request().await);
            match self.session.connection.calls.clone().reattach_execute(request).await {
                Ok(stream) => {
                    self.stream = stream.into_inner();
                    return Ok(());
                }
                Err(error) if error.code() == Code::Unavailable => status = error,
                Err(error) => return Err(self.lost(error)),
            }
        }
        Err(self.lost(status))
    }

    /// A server that does not know the query any more was lost, whatever it says.
    fn lost(&self, status: Status) -> Error {
        match Error::midway(&self.session.place, status) {
            Error::Query { place, message } => Error::Lost { place, message },
            other => other,
        }
    }

    /// Lets the server forget the result.
    async fn release(&mut self) -> Result<Option<Vec<RecordBatch>>, Error> {
        let request = self.session.connection.request(self.execution.create_release_request(true).await);
        // The session is closed next, which releases it as well.
        self.session.connection.calls.clone().release_execute(request).await.ok();
        Ok(None)
    }
}

/// Whether the connection broke, not the query.
fn is_broken(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        // Of the connection itself: a server's own answer has no error under it.
        Code::Unknown | Code::Internal | Code::Cancelled => {
            std::error::Error::source(status).is_some()
                || status.message().contains("INVALID_CURSOR.DISCONNECTED")
        }
        _ => false,
    }
}

/// The batches of one response: an Arrow stream of its own.
fn batches(bytes: &[u8]) -> Result<Vec<RecordBatch>, ArrowError> {
    StreamReader::try_new(bytes, None)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_own_failure_is_not_tried_again() {
        assert!(!is_broken(&Status::internal("division by zero")));
        assert!(is_broken(&Status::unavailable("gone")));
        assert!(is_broken(&Status::internal(
            "[INVALID_CURSOR.DISCONNECTED] The cursor has been disconnected"
        )));
        let broken = Status::from_error(Box::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
        assert!(is_broken(&broken), "{broken:?}");
    }

    #[test]
    fn bytes_that_are_no_arrow_are_an_error() {
        assert!(batches(b"no arrow").is_err());
    }
}
