//! What is served: the table of routes, and one resource a file, with request and answer types beside its
//! handlers.
//!
//! A new route is a handler with its description, and a line of the table. From the table follow the key that is
//! asked for, the methods that are taken, the place in the document and the tests that go through all routes. The
//! problems that a path of its kind answers with stand in `openapi.rs`.

pub mod changes;
pub mod classify;
pub mod cursor;
pub mod customers;
pub mod docs;
mod embedded;
mod endpoint;
pub mod explain;
pub mod explorer;
pub mod export;
pub mod health;
mod large;
pub mod lookup;
pub mod metrics;
pub mod model;
pub mod movement;
pub mod run;
pub mod segments;

use actix_web::web::ServiceConfig;

pub use endpoint::{Endpoint, Method};

use crate::keys::Scope::{Admin, AssignmentsRead, ExplainRead, Export, SegmentsRead};
use crate::visit::Route;

endpoint::table! {
    // Paths are compared in this order: what is asked for most comes first, and a fixed path before one
    // with a parameter in its place. A scope belongs to data of the run; `None` is open to everybody.
    documented {
        "/v1/segments/lookup", Some(AssignmentsRead) => get lookup::get, post lookup::post;
        customers::PATTERN, Some(AssignmentsRead) => get customers::segment;
        "/v1/customers/{customer_id}/history", Some(ExplainRead) => get movement::history;
        "/v1/customers/{customer_id}", Some(ExplainRead) => get explain::customer;
        "/v1/classify", Some(ExplainRead) => post classify::post;
        "/v1/segments", Some(SegmentsRead) => get segments::list;
        "/v1/segments/{segment}", Some(SegmentsRead) => get segments::one;
        "/v1/segments/{segment}/customers", Some(Export) => get segments::customers;
        "/v1/segments/{segment}/export", Some(Export) => get export::segment;
        "/v1/export", Some(Export) => get export::all;
        "/v1/changes", Some(Export) => get changes::list;
        "/v1/runs", Some(SegmentsRead) => get movement::runs;
        "/v1/runs/{from}/movement/{to}", Some(SegmentsRead) => get movement::matrix;
        "/v1/run", Some(SegmentsRead) => get run::get;
        "/v1/model", Some(SegmentsRead) => get model::get;
        "/metrics", Some(Admin) => get metrics::get;
        "/health/live", None => get health::live;
        "/health/ready", None => get health::ready;
        "/problems", None => get docs::problems;
        "/problems/{code}", None => get docs::problem;
    }
    // Pages, their files, the document itself: open, and not in the document.
    pages {
        "/" => get explorer::page;
        "/assets/{file}" => get explorer::asset;
        "/openapi.json" => get docs::document;
        "/docs" => get docs::redirect;
        "/docs/{file:.*}" => get docs::page;
    }
}

/// Adds every route to a server.
pub fn register(config: &mut ServiceConfig) {
    for endpoint in ENDPOINTS {
        config.service(endpoint.resource());
    }
}

/// The endpoint of this pattern.
pub fn endpoint(pattern: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.route.pattern == pattern)
}

/// The route of single lookups.
pub fn single_lookup() -> Route {
    endpoint(customers::PATTERN).expect("the table above has it").route
}
