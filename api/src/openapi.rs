//! The OpenAPI 3.1 document, generated from the handlers and their types.

use std::collections::BTreeMap;

use segmentation_lib::export::Format;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Required, ResponseBuilder};

use crate::error::{Code, Problem};
use crate::routes::{self, Documented};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Customer segmentation",
        description = "Which segment a customer belongs to, from the run published last. Every answer names its run \
            in the body and the `Run-Id` header and carries an entity tag made from it: repeat a GET with \
            `If-None-Match` and a 304 says that nothing has changed. HEAD is taken wherever GET is. Every error is \
            `application/problem+json` with one of the codes listed under /problems.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "The service that this document comes from")),
    components(schemas(Problem, Format)),
    tags(
        (name = "customers", description = "Customers and their segments"),
        (name = "segments", description = "Segments, their profiles and members"),
        (name = "movement", description = "Who changed segment, and why"),
        (name = "run", description = "Where the answers come from"),
        (name = "health", description = "For probes and load balancers"),
        (name = "problems", description = "What errors mean"),
    )
)]
struct Document;

/// The document as JSON.
pub fn json() -> String {
    let mut document = Document::openapi();
    document.merge(Documented::openapi());
    complete(&mut document);
    let json = document.to_pretty_json();
    json.expect("the document is made of structs with text keys, which always serialise")
}

/// Adds what follows from the route table: the key each operation needs, the problems it can answer with.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "A key made with `segmentation-api keys create`. A service that listens on loopback alone may run \
         without keys.",
    ));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(KEY, SecurityScheme::Http(key.build()));
    for (path, item) in &mut document.paths.paths {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            describe_success(operation);
            add(operation, &codes(path));
            protect(operation, path);
            describe_headers(operation, path);
        }
        if let (Some(get), true) = (&mut item.get, path.starts_with("/v1/")) {
            add_revalidation(get);
        }
        item.head = item.get.as_ref().map(head_of);
        if let Some(post) = &mut item.post {
            add(
                post,
                &[Code::InvalidBody, Code::BodyTimeout, Code::BodyTooLarge, Code::UnsupportedMediaType],
            );
        }
    }
}

/// HEAD is taken wherever GET is: the same without a body.
fn head_of(get: &Operation) -> Operation {
    let mut head = get.clone();
    head.operation_id = get.operation_id.as_ref().map(|id| format!("head_{id}"));
    head.summary = get.summary.as_ref().map(|summary| format!("As GET, without a body. {summary}"));
    for response in head.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
    head
}

/// Name of the security scheme.
const KEY: &str = "key";

/// Data need a key with the route's scope, unless the service runs without keys.
fn protect(operation: &mut Operation, path: &str) {
    let Some(scope) = routes::endpoint(path).and_then(|endpoint| endpoint.route.scope) else { return };
    let required = SecurityRequirement::new(KEY, [scope.as_str()]);
    operation.security = Some(vec![required, SecurityRequirement::default()]);
    add(
        operation,
        &[
            Code::KeyMissing,
            Code::KeyInvalid,
            Code::KeyExpired,
            Code::ScopeMissing,
            Code::RateLimited,
            Code::AuditUnavailable,
            Code::KeysUnavailable,
            Code::Busy,
        ],
    );
}

fn describe_success(operation: &mut Operation) {
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        response.description = "The answer".to_owned();
    }
}

/// The headers that clients rely on.
fn describe_headers(operation: &mut Operation, path: &str) {
    let from_a_run = path.starts_with("/v1/");
    let limited = routes::endpoint(path).is_some_and(|endpoint| endpoint.route.scope.is_some());
    let mut headers = Vec::new();
    if from_a_run {
        headers.push(("Run-Id", Type::String, "The run that the answer was made from"));
        headers.push(("ETag", Type::String, "Entity tag of the run, for If-None-Match"));
    }
    if path.ends_with("/export") {
        headers.push((
            "Export-Cursor",
            Type::String,
            "Where the rows begin, to resume from; not with Parquet",
        ));
    }
    if path.ends_with("/changes") {
        headers.push(("Changes-From", Type::String, "The run that a stream of changes begins with"));
        headers.push(("Changes-To", Type::String, "The run that it leads to: the next `from`"));
    }
    if limited {
        headers.push((
            "RateLimit-Limit",
            Type::Integer,
            "Ids that the key may ask for in a minute, if it has a limit",
        ));
        headers.push(("RateLimit-Remaining", Type::Integer, "Ids that it may ask for now"));
        headers.push(("RateLimit-Reset", Type::Integer, "Seconds until all of the limit is there again"));
    }
    let responses = &mut operation.responses.responses;
    add_headers(responses.get_mut("200"), &headers);
    add_headers(responses.get_mut("405"), &[("Allow", Type::String, "The methods that the path takes")]);
    let retry = [("Retry-After", Type::Integer, "Seconds after which to try again")];
    add_headers(responses.get_mut("429"), &retry);
    add_headers(responses.get_mut("401"), &[("WWW-Authenticate", Type::String, "What is wanted (RFC 6750)")]);
}

fn add_headers(response: Option<&mut RefOr<utoipa::openapi::Response>>, headers: &[(&str, Type, &str)]) {
    let Some(RefOr::T(response)) = response else { return };
    for (name, kind, text) in headers {
        let schema = Object::with_type(kind.clone());
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(*text)).build();
        response.headers.insert((*name).to_owned(), RefOr::T(header));
    }
}

/// Conditional requests: the same for every answer made from a run.
fn add_revalidation(operation: &mut Operation) {
    let tag = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Entity tag of an earlier answer: 304 when it is of the run still served"))
        .schema(Some(Object::with_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(tag));
    let known = ResponseBuilder::new().description("The client's copy is of the run still served").build();
    operation.responses.responses.insert("304".to_owned(), RefOr::T(known));
}

/// Codes by path; every path can be too long, any client can accept no encoding.
fn codes(path: &str) -> Vec<Code> {
    let mut codes = vec![Code::UriTooLong, Code::NotAcceptable, Code::MethodNotAllowed, Code::HostNotAllowed];
    if path.starts_with("/problems") {
        codes.extend(path.contains('{').then_some(Code::RouteNotFound));
        return codes;
    }
    codes.extend([Code::InvalidParameter, Code::UnknownParameter]);
    if path != "/health/live" && path != "/metrics" {
        codes.push(Code::NoRun);
    }
    if path.contains("{customer_id}") {
        codes.extend([Code::InvalidId, Code::CustomerNotFound]);
    }
    if path.contains("{segment}") {
        codes.push(Code::SegmentNotFound);
    }
    if path.ends_with("{segment}/customers") || path.ends_with("/export") {
        codes.extend([Code::InvalidCursor, Code::CursorExpired]);
    }
    if READ_THE_LOG.iter().any(|end| path.ends_with(end)) {
        codes.extend([Code::RunNotFound, Code::RunGone, Code::LogUnavailable]);
    }
    if path == "/health/ready" {
        codes.extend([Code::AuditUnavailable, Code::KeysUnavailable]);
    }
    let many = ["/lookup", "/classify", "{segment}/customers", "/changes"];
    if many.iter().any(|end| path.ends_with(end)) {
        codes.push(Code::TooManyIds);
    }
    codes
}

/// How the paths end whose answers rest on the movement log.
const READ_THE_LOG: [&str; 5] = ["/changes", "/runs", "/movement/{to}", "/history", "{segment}/customers"];

fn add(operation: &mut Operation, codes: &[Code]) {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code.as_str());
    }
    for (status, names) in by_status {
        let text = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let entry = operation.responses.responses.entry(status.to_string());
        let before = entry.or_insert_with(|| RefOr::T(problem_response()));
        if let RefOr::T(response) = before {
            let joined = [response.description.as_str(), &text].join(", ");
            response.description = joined.trim_start_matches(", ").to_owned();
        }
    }
}

fn problem_response() -> utoipa::openapi::Response {
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name("Problem")))).build();
    ResponseBuilder::new().content("application/problem+json", content).build()
}
