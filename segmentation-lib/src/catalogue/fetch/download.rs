//! One file over HTTP.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::http::{Response, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::super::CatalogueError;
use crate::progress::Progress;

/// Attempts to resume within one call.
const ATTEMPTS: usize = 3;

/// Silence after which a connection is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Downloads `url` to `part`, continuing what is there.
pub(super) fn download(url: &str, part: &Path, progress: &Progress) -> Result<(), CatalogueError> {
    let agent = agent();
    let mut attempt = 1;
    loop {
        match transfer(&agent, url, part, progress) {
            Err(CatalogueError::Network { .. }) if attempt < ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

fn agent() -> Agent {
    // The platform's certificates, so that a company's own proxy is trusted as everywhere else. The
    // proxy itself is taken from the environment by default.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .user_agent(concat!("segment/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn transfer(agent: &Agent, url: &str, part: &Path, progress: &Progress) -> Result<(), CatalogueError> {
    progress.check()?;
    let mut done = fs::metadata(part).map_or(0, |meta| meta.len());
    let network = |done: u64, reason: &dyn std::fmt::Display| CatalogueError::Network {
        url: url.to_owned(),
        done,
        reason: reason.to_string(),
    };
    let mut request = agent.get(url);
    if done > 0 {
        request = request.header(header::RANGE, format!("bytes={done}-"));
    }
    let mut response = request.call().map_err(|error| network(done, &error))?;
    match response.status().as_u16() {
        206 if starts_at(&response, done) => {}
        // The server does not resume: begin again.
        200 => done = 0,
        // What is here is as long as the file or longer: begin again.
        206 | 416 => {
            fs::remove_file(part).map_err(|source| CatalogueError::Io { path: part.to_owned(), source })?;
            return Err(network(0, &"the part that was here does not fit the file"));
        }
        status => {
            // Nothing that an error answers to is worth resuming.
            let _ = fs::remove_file(part);
            return Err(CatalogueError::Status { url: url.to_owned(), status });
        }
    }
    let total = response.body().content_length().map(|rest| done + rest);
    let mut file = open(part, done)?;
    let (mut body, mut buffer) = (response.body_mut().as_reader(), vec![0; 256 << 10]);
    loop {
        progress.check()?;
        let read = body.read(&mut buffer).map_err(|error| network(done, &error))?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read])
            .map_err(|source| CatalogueError::Io { path: part.to_owned(), source })?;
        done += read as u64;
        progress.report("fetch", done, total);
    }
    match total {
        Some(total) if done != total => Err(network(done, &format!("{total} bytes were announced"))),
        _ => file.sync_all().map_err(|source| CatalogueError::Io { path: part.to_owned(), source }),
    }
}

fn starts_at(response: &Response<Body>, done: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {done}-")))
}

/// Opens the part to go on at `done`.
fn open(part: &Path, done: u64) -> Result<File, CatalogueError> {
    let io = |source| CatalogueError::Io { path: part.to_owned(), source };
    let mut options = OpenOptions::new();
    match done {
        0 => options.write(true).create(true).truncate(true),
        _ => options.append(true),
    };
    options.open(part).map_err(io)
}
