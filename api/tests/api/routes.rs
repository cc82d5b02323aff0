//! The table of routes against what is said of it: the document, the README.

use std::collections::BTreeSet;

use api::keys::Scope;
use api::routes::{ENDPOINTS, Method};

use crate::helpers::{spawn_app, two_runs};

const README: &str = include_str!("../../README.md");

/// A path of every route that gives out data by GET, with the scope it needs.
pub fn data_routes() -> Vec<(String, Scope)> {
    let readable = ENDPOINTS.iter().filter(|endpoint| endpoint.methods.contains(&Method::Get));
    let [before, now] = two_runs().map(|run| run.manifest.run_id);
    let path = |pattern: &str| {
        let pattern = pattern.replace("{from}", &before).replace("{to}", &now);
        let ids = if pattern.ends_with("/lookup") { "?ids=C0000001" } else { "" };
        pattern.replace("{customer_id}", "C0000001").replace("{segment}", "1") + ids
    };
    readable.filter_map(|endpoint| Some((path(endpoint.route.pattern), endpoint.route.scope?))).collect()
}

#[test]
fn the_readme_lists_the_routes_of_every_scope() {
    let said: BTreeSet<(&str, &str)> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
        .filter(|(scope, _)| !scope.contains(' '))
        .flat_map(|(scope, routes)| routes.split(", ").map(move |route| (scope, route.trim_matches('`'))))
        .collect();
    let scoped = ENDPOINTS.iter().filter_map(|e| Some((e.route.scope?.as_str(), e.route.pattern)));
    assert_eq!(said, scoped.collect());
}

#[actix_web::test]
async fn the_document_has_each_documented_route_with_its_methods_and_scope() {
    let app = spawn_app().await;
    let document = app.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    for endpoint in ENDPOINTS {
        let pattern = endpoint.route.pattern;
        let Some(item) = paths.get(pattern) else {
            assert!(!endpoint.documented && endpoint.route.scope.is_none(), "{pattern} is not documented");
            continue;
        };
        let methods = [("get", Method::Get), ("post", Method::Post)];
        for (name, method) in methods {
            let operation = &item[name];
            assert_eq!(operation.is_object(), endpoint.methods.contains(&method), "{name} {pattern}");
            let scope = operation["security"][0]["key"][0].as_str();
            assert!(operation.is_null() || scope == endpoint.route.scope.map(Scope::as_str), "{pattern}");
        }
    }
    assert_eq!(paths.len(), ENDPOINTS.iter().filter(|endpoint| endpoint.documented).count());
}

#[actix_web::test]
async fn any_other_method_is_answered_with_those_that_are_taken() {
    let app = spawn_app().await;
    for (path, allowed) in
        [("/v1/segments/lookup", "GET, HEAD, POST"), ("/v1/classify", "POST"), ("/", "GET, HEAD")]
    {
        let answer = crate::helpers::read(app.request("DELETE", path)).await;
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}
