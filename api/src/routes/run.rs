//! The run being served.

use std::time::SystemTime;

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::record::Manifest;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Run;
use crate::error::ApiError;
use crate::query::Query;

/// Which run, from which data, and how old.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunAnswer<'a> {
    /// The run.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: &'a str,
    /// The last transaction in the data: what happened later is not in any answer.
    #[schema(example = "2011-12-09T12:50:00")]
    pub data_until: &'a str,
    /// Seconds since the run was made, when this answer was made; absent when its time cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 86400, nullable = false)]
    pub age_seconds: Option<i64>,
    /// Everything that made the run.
    pub manifest: &'a Manifest,
}

/// The run that answers are from: data, parameters, choice, age.
#[utoipa::path(get, path = "/v1/run", operation_id = "get_run", tag = "run", responses((status = OK, body = RunAnswer<'static>)))]
pub async fn get(run: Run, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let manifest = run.manifest();
    let answer = RunAnswer {
        run_id: run.run_id(),
        data_until: &manifest.source.last_transaction,
        age_seconds: run.created_at().map(seconds_since),
        manifest,
    };
    Ok(run.json(&request, &answer))
}

fn seconds_since(created_at: i64) -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    // A run made by a machine whose clock is ahead is new.
    (now - created_at).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_a_clock_that_is_ahead_is_new() {
        assert_eq!(seconds_since(i64::MAX / 2), 0);
        assert!(seconds_since(0) > 1_700_000_000);
    }
}
