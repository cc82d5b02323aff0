//! The peer of the load test: a handler that answers every request with the same bytes.
//!
//! `bare ADDRESS BYTES [NAME:VALUE …]`: as many bytes of body, and headers beside those that every answer has.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};

fn header(argument: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = argument.split_once(':')?;
    Some((name.parse().ok()?, value.parse().ok()?))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (address, bytes) = (arguments.next(), arguments.next().map(|text| text.parse()));
    let headers: Option<Vec<_>> = arguments.map(|argument| header(&argument)).collect();
    let (Some(address), Some(Ok(bytes)), Some(headers)) = (address, bytes, headers) else {
        eprintln!("usage: bare ADDRESS BYTES [NAME:VALUE …]");
        std::process::exit(2);
    };
    let body = web::Bytes::from(vec![b'x'; bytes]);
    let app = move || {
        let (body, headers) = (body.clone(), headers.clone());
        let answer = move || {
            let mut response = HttpResponse::Ok();
            for header in headers.iter().cloned() {
                response.insert_header(header);
            }
            std::future::ready(response.content_type("application/json").body(body.clone()))
        };
        App::new().default_service(web::to(answer))
    };
    HttpServer::new(app).workers(1).bind(address)?.run().await
}
