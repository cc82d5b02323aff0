//! Prints the OpenAPI document: `make openapi` keeps it in api/openapi.json.

fn main() {
    println!("{}", api::openapi::json());
}
