//! The peer of the load test: a handler that answers every request with the same bytes.
//!
//! `bare ADDRESS BYTES`

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(Ok(bytes))) = (arguments.next(), arguments.next().map(|text| text.parse()))
    else {
        eprintln!("usage: bare ADDRESS BYTES");
        std::process::exit(2);
    };
    let body = web::Bytes::from(vec![b'x'; bytes]);
    let app = move || {
        let body = body.clone();
        let answer = move || {
            std::future::ready(HttpResponse::Ok().content_type("application/json").body(body.clone()))
        };
        App::new().default_service(web::to(answer))
    };
    HttpServer::new(app).workers(1).bind(address)?.run().await
}
