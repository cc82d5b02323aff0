//! Look-ups of any number of customers, answered while they are read.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentEncoding;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{self, Stream};
use segmentation_lib::export::{Beside, Include};
use serde::Serialize;

use super::{LookupResult, LookupStatus, look_up};
use crate::answer::Run;
use crate::batch::{Form, IdLines, Part, Parts, Place, Row, Rows, Safety};
use crate::error::ApiError;
use crate::served::placed;
use crate::settings::Settings;
use crate::visit::Visit;

/// Most lines answered at once: about a millisecond, in which no other request is.
const PORTION: usize = 4096;
const HEADER: [&str; 6] = ["customer_id", "status", "segment_id", "segment_key", "silhouette", "reason"];

/// The answer for one line.
#[derive(Serialize)]
struct LookupLine<'a> {
    #[serde(flatten)]
    result: LookupResult<'a>,
    /// The line's number, where it holds no id.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip)]
    include: Include,
}

impl Row for LookupLine<'_> {
    fn fields(&self) -> Vec<String> {
        let LookupResult {
            id,
            status,
            segment_id,
            segment_key,
            silhouette,
            reason,
            rfm,
            forecast,
            borderline,
            held_out,
        } = &self.result;
        let text = |value: Option<String>| value.unwrap_or_default();
        let mut fields = vec![
            (*id).to_owned(),
            status.as_str().to_owned(),
            text(segment_id.map(|id| id.to_string())),
            text(segment_key.map(str::to_owned)),
            text(silhouette.map(|value| value.to_string())),
            text(reason.map(|reason| reason.as_str().to_owned())),
        ];
        let (rfm, forecast) = (rfm.map(placed), *forecast);
        let beside = Beside { rfm, forecast, borderline: *borderline, held_out: *held_out };
        fields.extend(beside.texts(self.include));
        fields
    }

    fn is_text(index: usize) -> bool {
        matches!(index, 0 | 3)
    }
}

/// An answer on its way.
struct Answer {
    run: Run,
    visit: Visit,
    parts: Parts,
    form: Form,
    safety: Safety,
    include: Include,
    /// What is being answered, and from where on. The first part is read before the answer begins, so that what
    /// is wrong at once is answered with a problem.
    part: Option<(Part, Place)>,
    /// Whether the header of a CSV is still to be sent.
    begins: bool,
}

/// What the query says of a list.
#[derive(Debug, Default)]
pub struct Asked {
    /// Name of the column or field that holds the id.
    pub column: Option<String>,
    /// For whom a CSV is.
    pub safety: Safety,
    /// What each line holds beside the segment.
    pub include: Include,
}

/// Answers a list in the form it comes in, line by line; what is wrong before the first line has been
/// read is a problem, what is wrong later breaks the answer off.
pub async fn answer(
    run: Run,
    visit: Visit,
    request: &HttpRequest,
    payload: Payload,
    (form, asked): (Form, Asked),
    settings: &Settings,
) -> Result<HttpResponse, ApiError> {
    let mut parts = Parts::of(
        request,
        payload,
        IdLines::new(form, asked.column),
        settings.client_timeout(),
        visit.share(),
    )?;
    let part = parts.next().await.transpose()?.map(|part| (part, Place::default()));
    let mut response = run.head(StatusCode::OK);
    response.content_type(form.content_type());
    if visit.is_slow() {
        // Each portion goes out when it is paid for, and who is gone is noticed.
        response.insert_header(ContentEncoding::Identity);
    }
    let (begins, held_out) = (true, run.holds_out());
    Ok(response.streaming(pieces(Answer {
        run,
        visit,
        parts,
        form,
        include: Include { held_out, ..asked.include },
        safety: asked.safety,
        part,
        begins,
    })))
}

fn pieces(answer: Answer) -> impl Stream<Item = Result<Bytes, ApiError>> {
    stream::unfold(Some(answer), |answer| async {
        let mut answer = answer?;
        match answer.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(answer))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl Answer {
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        if self.part.is_none() {
            self.part = self.parts.next().await.transpose()?.map(|part| (part, Place::default()));
        }
        // A list without a line has a header all the same.
        if self.part.is_none() && !self.begins {
            return Ok(None);
        }
        let header: Vec<&str> = HEADER.into_iter().chain(self.include.column_names()).collect();
        let mut rows =
            Rows::new(self.form, std::mem::take(&mut self.begins).then_some(&header[..]), self.safety);
        if let Some((part, mut place)) = self.part.take() {
            let portion = self.visit.portion(part.left(place).min(PORTION));
            self.visit.spend_in_time(portion).await?;
            for id in part.next_ids(&mut place, portion) {
                let line = self.line(id);
                self.visit.note(line.result.status.into(), line.result.id);
                rows.push(&line);
            }
            self.part = (part.left(place) > 0).then_some((part, place));
        }
        self.visit.write_down()?;
        Ok(Some(rows.into_bytes().into()))
    }

    fn line<'a>(&'a self, id: Result<&'a str, u32>) -> LookupLine<'a> {
        let include = self.include;
        match id {
            Ok(id) => LookupLine { result: look_up(&self.run, id, self.include), line: None, include },
            Err(line) => LookupLine { result: LookupResult::malformed(), line: Some(line), include },
        }
    }
}

impl LookupStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
        }
    }
}
