//! Large pieces of answers are made beside the workers: here there is one worker.

use std::io::Write;
use std::net::TcpStream;

use crate::service::{Home, request};

/// More than a head, less than a part of a row group.
const BEGUN: usize = 8 << 10;

fn has_rows(export: &TcpStream) -> bool {
    export.set_nonblocking(true).expect("a socket");
    export.peek(&mut [0; 2 * BEGUN]).is_ok_and(|bytes| bytes > BEGUN)
}

#[test]
fn others_are_answered_before_row_groups_that_were_asked_for_first() {
    let home = Home::of(20_000);
    let service = home.serve(&[]);
    let ask = request("GET", "/v1/export?format=parquet", &[], b"");
    let exports: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = service.connect();
            stream.write_all(&ask).expect("it reads");
            stream
        })
        .collect();
    for _ in 0..5 {
        assert_eq!(service.get("/health/live").status(), 200);
    }
    let begun = exports.iter().filter(|export| has_rows(export)).count();
    assert!(begun < 20, "{begun} of 40 exports had their first rows before five others were answered");
}
