//! Runs, the movement between them, and one customer's way through them.

use actix_web::{HttpRequest, HttpResponse};
use segmentation_lib::movement::{self, Matrix, MovementError, Residence, Way};
use segmentation_lib::store::{LogEntry, RunId, Store, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::customers;
use crate::answer::Run;
use crate::error::{ApiError, Code, excerpt};
use crate::ids;
use crate::query::Query;
use crate::visit::Visit;

/// The runs that the movement log knows.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunList {
    /// The run that is served.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: String,
    /// Newest first, with the sizes of their segments. Changes can be asked for between any two of them that continue
    /// each other.
    pub runs: Vec<LogEntry>,
    /// Runs whose entry cannot be read: no changes lead over them.
    pub unreadable: Vec<String>,
}

/// The movement from one run to another.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovementAnswer {
    /// The run that it begins with.
    #[schema(example = "20111109T080000000Z-8d0c11aa")]
    pub from: String,
    /// The run that it leads to.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub to: String,
    /// Reference date of the first.
    #[schema(example = "2011-11-09")]
    pub from_date: String,
    /// Reference date of the second.
    #[schema(example = "2011-12-10")]
    pub to_date: String,
    /// How many went from where to where.
    pub movement: Matrix,
}

/// The segments that a customer was in.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryAnswer {
    /// The run that is served.
    #[schema(example = "20111210T080000000Z-1f3a9c52")]
    pub run_id: String,
    /// The customer's id.
    #[schema(example = "17850")]
    pub customer_id: String,
    /// That run and those it continues, newest first, as far as the movement log reaches.
    pub runs: Vec<Residence>,
}

/// The runs published so far.
#[utoipa::path(get, path = "/v1/runs", operation_id = "list_runs", tag = "movement", responses((status = OK, body = RunList)))]
pub async fn runs(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let log = read(&run, &visit, |store| Ok(store.log()?)).await?;
    let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
    for (run_id, entry) in log {
        match entry {
            Ok(entry) => runs.push(entry),
            Err(error) => {
                tracing::warn!(%error, "an entry of the movement log cannot be read");
                unreadable.push(run_id.to_string());
            }
        }
    }
    Ok(run.json(&request, &RunList { run_id: run.run_id().to_owned(), runs, unreadable }))
}

/// How many customers went from each segment to each other, from one run to another.
#[utoipa::path(
    get,
    path = "/v1/runs/{from}/movement/{to}", operation_id = "get_movement",
    tag = "movement",
    params(
        ("from" = String, Path, description = "The run to begin with"),
        ("to" = String, Path, description = "The run to end with"),
    ),
    responses((status = OK, body = MovementAnswer))
)]
pub async fn matrix(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let path = request.uri().path().strip_prefix("/v1/runs/").unwrap_or_default();
    let (from, to) = path.split_once("/movement/").unwrap_or((path, ""));
    let (from, to) = (run_id(from)?, run_id(to)?);
    let read_matrix = move |store: &Store| {
        let way = Way::between(&store.log()?, &from, &to)?;
        let matrix = Matrix::of(store, &way)?;
        Ok((way, matrix))
    };
    let (way, movement) = read(&run, &visit, read_matrix).await?;
    let answer = MovementAnswer {
        from: way.from.run_id,
        to: way.to.run_id,
        from_date: way.from.reference_date,
        to_date: way.to.reference_date,
        movement,
    };
    Ok(run.json(&request, &answer))
}

/// The segments that a customer was in, run by run, and why they changed.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/history", operation_id = "get_customer_history",
    tag = "movement",
    params(("customer_id" = String, Path, description = "The customer's id, percent-encoded; at most 256 bytes of UTF-8")),
    responses((status = OK, body = HistoryAnswer))
)]
pub async fn history(run: Run, visit: Visit, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Query::parse(request.query_string(), &[])?;
    let id = ids::from_path(request.uri().path(), customers::BEFORE_ID, "/history")?;
    let customer = customers::find(&run, &visit, &id)?;
    let key = run.segment(customer.segment_id).map(|segment| segment.key.clone());
    let served = run.id()?;
    let asked = id.to_string();
    let runs =
        read(&run, &visit, move |store| movement::history(store, &served, &asked, key.as_deref())).await?;
    Ok(run.json(
        &request,
        &HistoryAnswer { run_id: run.run_id().to_owned(), customer_id: id.to_string(), runs },
    ))
}

fn run_id(text: &str) -> Result<RunId, ApiError> {
    let text = ids::decode(text).unwrap_or_default();
    text.parse().map_err(|_| {
        let detail = format!("{} is not a run id; /v1/runs lists them", excerpt(&text));
        ApiError::new(Code::InvalidParameter, detail)
    })
}

/// Does long work beside the workers.
pub(super) async fn beside_the_workers<T: Send + 'static>(
    visit: &Visit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let done = visit.share().work(work).await;
    done.ok_or_else(|| ApiError::new(Code::Internal, "the work for this answer panicked"))
}

/// Reads from the store beside the workers.
pub(super) async fn read<T: Send + 'static>(
    run: &Run,
    visit: &Visit,
    work: impl FnOnce(&Store) -> Result<T, MovementError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = run.store().clone();
    let done = beside_the_workers(visit, move || work(&store)).await?;
    done.map_err(|error| refused(run, &error))
}

/// What cannot be told, as a problem.
fn refused(run: &Run, error: &MovementError) -> ApiError {
    match error {
        MovementError::Unknown { .. } | MovementError::First { .. } => {
            run.problem(Code::RunNotFound, error.to_string())
        }
        MovementError::Gone { .. } | MovementError::Apart { .. } | MovementError::TooEarly { .. } => {
            run.problem(Code::RunGone, error.to_string())
        }
        // Erased or retired between two looks.
        MovementError::Store(StoreError::NotLogged { .. }) => run.problem(Code::RunGone, error.to_string()),
        _ => {
            tracing::error!(%error, "the movement log cannot be read");
            run.problem(Code::LogUnavailable, "the movement log cannot be read; the service's log says why")
        }
    }
}
