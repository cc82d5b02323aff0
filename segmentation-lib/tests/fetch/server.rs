//! A web server of one file, which can break off, and a proxy before it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How the file is served.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    Whole,
    /// The first answer ends half-way.
    BreaksOffOnce,
    Missing,
}

/// Serves on a free port until the test ends.
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(content: Vec<u8>, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().flatten().enumerate() {
                let break_off = manner == Manner::BreaksOffOnce && at == 0;
                // A client that hangs up is the client's affair.
                let _ = answer(stream, &content, manner, break_off, &seen);
            }
        });
        Self { port, requests }
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    /// Request line and range of each request so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic while held").clone()
    }
}

fn answer(
    mut stream: TcpStream,
    content: &[u8],
    manner: Manner,
    break_off: bool,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (line, range) = request(&mut reader)?;
        let range_text = range.map_or(String::new(), |from| format!(" from {from}"));
        seen.lock().expect("no panic while held").push(format!("{}{range_text}", line.trim()));
        if line.starts_with("CONNECT") {
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            continue;
        }
        if manner == Manner::Missing {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
        let from = range.unwrap_or(0);
        let status = match range {
            None => "200 OK".to_owned(),
            Some(from) => format!(
                "206 Partial Content\r\nContent-Range: bytes {from}-{}/{}",
                content.len() - 1,
                content.len()
            ),
        };
        let rest = &content[from..];
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len())?;
        return stream.write_all(if break_off { &rest[..rest.len() / 2] } else { rest });
    }
}

/// The request line, and where the range asked for begins.
fn request(reader: &mut impl BufRead) -> std::io::Result<(String, Option<usize>)> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let mut range = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            return Ok((first, range));
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("range: bytes=") {
            range = value.trim().trim_end_matches('-').parse().ok();
        }
    }
}
