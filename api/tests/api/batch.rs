//! Lists longer than a request of JSON may be, and segments as a whole.

use std::io::{Read, Write};
use std::net::TcpStream;

use actix_web::web;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::helpers::{Answer, read, spawn_app, spawn_app_with};

const PATH: &str = "/v1/segments/lookup";

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let text = std::str::from_utf8(&answer.body).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[actix_web::test]
async fn a_list_of_ndjson_is_answered_line_by_line() {
    let app = spawn_app().await;
    let long = "x".repeat(257);
    let body = format!("\"C0000002\"\n{{\"id\": \"nobody\"}}\nC0000001\n\"\"\n\"{long}\"\n\"linha\\nnova\"");
    let answer = app.post(PATH, "application/x-ndjson", body).await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("run-id"), app.snapshot.manifest.run_id);
    let lines = lines(&answer);
    let json =
        app.post_json(PATH, &json!({"ids": ["C0000002", "nobody", "", long, "linha\nnova"]})).await.json();
    assert_eq!(lines[0], json["results"][0]);
    assert_eq!(lines[1], json["results"][1]);
    assert_eq!(lines[2], json!({"id": "", "status": "invalid", "reason": "malformed", "line": 3}));
    assert_eq!(
        (&lines[3], &lines[4], &lines[5]),
        (&json["results"][2], &json["results"][3], &json["results"][4])
    );
    assert_eq!(lines.len(), 6);
}

#[actix_web::test]
async fn a_csv_is_answered_with_a_csv() {
    let app = spawn_app().await;
    let mut body = csv::Writer::from_writer(Vec::new());
    body.write_record(["name", "customer_id"]).expect("in memory");
    let ids: Vec<_> =
        app.snapshot.assignments.iter().map(|a| a.customer_id.as_str()).chain(["nobody"]).collect();
    ids.iter().for_each(|id| body.write_record(["x", id]).expect("in memory"));
    let answer = app.post(PATH, "text/csv", body.into_inner().expect("in memory")).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(&answer.body[..]);
    let header = reader.headers().expect("a header").clone();
    assert_eq!(header, vec!["customer_id", "status", "segment_id", "segment_key", "silhouette", "reason"]);
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.iter().map(|row| row[0].to_owned()).collect::<Vec<_>>(), ids);
    for (row, a) in rows.iter().zip(&app.snapshot.assignments) {
        assert_eq!((&row[1], row[2].to_owned()), ("found", a.segment_id.to_string()));
        assert_eq!(row[4].parse::<f32>(), Ok(a.silhouette));
    }
    assert_eq!(&rows[ids.len() - 1][1], "not_found");
    let empty = app.post(PATH, "text/csv", "id\n").await;
    assert_eq!(String::from_utf8_lossy(&empty.body).lines().count(), 1);
    assert!(app.post(PATH, "application/x-ndjson", "").await.body.is_empty());
}

#[actix_web::test]
async fn what_is_wrong_at_once_is_a_problem() {
    let app = spawn_app().await;
    for (form, body, part) in [
        ("text/csv", "a,b\n1,2\n".to_owned(), "customer_id or id"),
        ("text/csv", String::new(), "customer_id or id"),
        ("application/x-ndjson", "x".repeat(70_000), "line 1 is longer"),
    ] {
        let detail = app.post(PATH, form, body).await.problem(400, "invalid_body");
        assert!(detail.contains(part), "{detail}");
    }
    app.post(PATH, "application/xml", "<ids/>").await.problem(415, "unsupported_media_type");
}

#[actix_web::test]
async fn a_quote_that_does_not_end_is_a_problem_and_swallows_no_customer() {
    let app = spawn_app().await;
    let body = "customer_id,name\nC0000001,x\nC0000002,\"Bar do Ze\nC0000003,y\n";
    let detail = app.post(PATH, "text/csv", body).await.problem(400, "invalid_body");
    assert!(detail.contains("line 3 has a quoted value that does not end"), "{detail}");
    // A list whose end is not announced is answered meanwhile, and not as if it were whole.
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let answer = app.raw(format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes());
    assert!(!answer.ends_with("\r\n0\r\n\r\n") || answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[actix_web::test]
async fn a_list_in_another_charset_is_a_problem() {
    let app = spawn_app().await;
    for form in [
        "text/csv; charset=utf-16",
        "text/csv;charset=\"ISO-8859-1\"",
        "application/x-ndjson; charset=latin1",
    ] {
        let detail = app.post(PATH, form, "id\n1\n").await.problem(415, "unsupported_media_type");
        assert!(detail.contains("send utf-8"), "{detail}");
    }
    for form in ["text/csv; charset=utf-8", "text/csv; header=present; charset=\"UTF-8\""] {
        assert_eq!(app.post(PATH, form, "id\n1\n").await.status, 200, "{form}");
    }
    let utf_16: Vec<u8> =
        "\u{feff}customer_id\r\nC0000001\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let detail = app.post(PATH, "text/csv", utf_16).await.problem(400, "invalid_body");
    assert!(detail.contains("UTF-16; send UTF-8"), "{detail}");
}

/// A million ids from a client that sends all of them before it reads a byte of the answer.
#[actix_web::test]
async fn a_million_ids_are_answered_to_a_client_that_reads_last() {
    const IDS: usize = 1_000_000;
    let app = spawn_app().await;
    let body: String = (0..IDS).map(|i| format!("\"C{:07}\"\n", i % 1000)).collect();
    let address = app.address;
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.set_write_timeout(Some(std::time::Duration::from_secs(60))).expect("a timeout");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("it reads on");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer");
        answer
    })
    .await
    .expect("asked");
    assert_eq!(answer.matches("\"status\":\"found\"").count(), IDS / 1000 * 200);
    assert_eq!(answer.matches("\"status\":\"not_found\"").count(), IDS / 1000 * 800);
    assert!(answer.ends_with("0\r\n\r\n"), "the answer is complete");
}

#[actix_web::test]
async fn a_body_that_breaks_off_breaks_the_answer_off() {
    let app = spawn_app().await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let mut stream = TcpStream::connect(app.address).expect("it listens");
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(b"b\r\n\"C0000001\"\n\r\n"))
        .expect("it reads");
    let mut seen = vec![0; 4096];
    let n = stream.read(&mut seen).expect("the first line is answered before the second is sent");
    assert!(String::from_utf8_lossy(&seen[..n]).contains("200 OK"));
    stream.write_all(b"zz\r\n").expect("it reads");
    let mut rest = String::new();
    // The service may also reset the connection.
    let _ = stream.read_to_string(&mut rest);
    assert!(!rest.ends_with("0\r\n\r\n"), "a complete answer to half a list: {rest}");
}

#[actix_web::test]
async fn an_export_is_the_whole_segment_in_order_and_the_same_each_time() {
    let app = spawn_app().await;
    for segment in &app.snapshot.segments {
        let members: Vec<_> =
            app.snapshot.assignments.iter().filter(|a| a.segment_id == segment.id).collect();
        let answer = app.get(&format!("/v1/segments/{}/export?format=ndjson", segment.key)).await;
        let rows = lines(&answer);
        assert_eq!(rows.len(), members.len());
        for (row, a) in rows.iter().zip(&members) {
            assert_eq!(
                (&row["customer_id"], &row["segment_key"]),
                (&json!(a.customer_id), &json!(segment.key))
            );
            assert_eq!(
                row["features"],
                json!({"recency": a.features[0], "frequency": a.features[1], "monetary": a.features[2]})
            );
        }
        let csv = app.get(&format!("/v1/segments/{}/export", segment.id)).await;
        let again = app.get(&format!("/v1/segments/{}/export?format=csv", segment.id)).await;
        assert_eq!(csv.body, again.body);
        let mut reader = csv::Reader::from_reader(&csv.body[..]);
        assert_eq!(reader.headers().expect("a header").len(), 9);
        let ids: Vec<_> = reader.records().map(|row| row.expect("a row")[0].to_owned()).collect();
        assert_eq!(ids, members.iter().map(|a| a.customer_id.clone()).collect::<Vec<_>>());
    }
}

#[actix_web::test]
async fn an_export_has_the_rule_view_where_it_is_asked_for() {
    let app = spawn_app().await;
    let view = app.snapshot.rfm.as_ref().expect("the sample has one");
    let rows = lines(&app.get("/v1/segments/1/export?format=ndjson&include=rfm").await);
    assert!(!rows.is_empty());
    for row in &rows {
        let at = app.snapshot.assignments.iter().position(|a| row["customer_id"] == a.customer_id.as_str());
        let place = view.places[at.expect("a customer of the run")];
        assert_eq!(row["rfm"]["key"], view.groups[usize::from(place.group)].key);
        assert_eq!(row["rfm"]["scores"], json!(place.scores));
    }
    let csv = app.get("/v1/segments/1/export?include=rfm").await;
    let mut reader = csv::Reader::from_reader(&csv.body[..]);
    let header = reader.headers().expect("a header").clone();
    assert_eq!(header.iter().skip(9).collect::<Vec<_>>(), segmentation_lib::export::RFM_COLUMNS);
    assert_eq!(reader.records().count(), rows.len());
    let other = app.get("/v1/segments/1/export?include=rmf").await;
    assert_eq!(other.status, 400);
    let known = app.request("GET", "/v1/segments/1/export?include=rmf").header("if-none-match", "*");
    assert_eq!(known.send().await.expect("an answer").status(), 400);
    assert!(other.json()["detail"].as_str().is_some_and(|detail| detail.contains("allowed: rfm")));
}

#[actix_web::test]
async fn an_export_has_the_forecast_where_it_is_asked_for() {
    let app = spawn_app().await;
    let forecasts = &app.snapshot.forecasts.as_ref().expect("the sample has some").rows;
    let rows = lines(&app.get("/v1/segments/1/export?format=ndjson&include=forecast").await);
    assert!(!rows.is_empty());
    for row in &rows {
        let at = app.snapshot.assignments.iter().position(|a| row["customer_id"] == a.customer_id.as_str());
        let forecast = forecasts[at.expect("a customer of the run")];
        let purchases = forecast.map(|forecast| forecast.purchases);
        assert_eq!(row.get("forecast").map(|f| f["purchases"].clone()), purchases.map(|n| json!(n)));
    }
    let csv = app.get("/v1/segments/1/export?include=rfm,forecast").await;
    let mut reader = csv::Reader::from_reader(&csv.body[..]);
    let header = reader.headers().expect("a header").clone();
    assert_eq!(header.iter().skip(13).collect::<Vec<_>>(), segmentation_lib::export::FORECAST_COLUMNS);
    assert_eq!(reader.records().count(), rows.len());
}

#[actix_web::test]
async fn an_export_that_broke_off_is_resumed_where_it_did() {
    let app = spawn_app().await;
    let path = "/v1/segments/1/export";
    let whole = app.get(path).await;
    let cursor = whole.header("export-cursor").to_owned();
    let (head, position) = cursor.rsplit_once('.').expect("three parts");
    assert_eq!(position, "0");
    let text = String::from_utf8(whole.body).expect("UTF-8");
    let got = 17;
    let rest = app.get(&format!("{path}?cursor={head}.{got}")).await;
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let expected: Vec<_> = rows.records().skip(1 + got).map(|row| row.expect("a row")).collect();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(&rest.body[..]);
    assert_eq!(rows.records().map(|row| row.expect("a row")).collect::<Vec<_>>(), expected);
    app.get(&format!("{path}?cursor={head}.999999")).await.problem(400, "invalid_cursor");
    app.get(&format!("{path}?cursor=20200101T000000000Z-00000000.1.0")).await.problem(410, "cursor_expired");
    app.get(&format!("{path}?format=xml")).await.problem(400, "invalid_parameter");
    app.get("/v1/segments/9/export").await.problem(404, "segment_not_found");
}

#[actix_web::test]
async fn a_list_can_be_sent_and_received_compressed() {
    let app = spawn_app().await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for i in 0..5000 {
        writeln!(gzip, "\"C{:07}\"", i % 200).expect("in memory");
    }
    let request = app.request("POST", PATH).header("content-type", "application/x-ndjson");
    let request = request.header("content-encoding", "gzip").header("accept-encoding", "gzip");
    let answer = read(request.body(gzip.finish().expect("in memory"))).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(text.lines().count(), 5000);
    assert!(text.lines().all(|line| line.contains("\"found\"")));
}

#[actix_web::test]
async fn a_list_that_stops_coming_is_given_up() {
    let app = spawn_app_with(&["--client-timeout", "1"]).await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 100\r\n\r\n\"a"
    );
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(app.address).expect("it listens");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a timeout");
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut answer = vec![0; 4096];
        let n = stream.read(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..n]).into_owned()
    });
    let answer = answer.await.expect("asked");
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"body_timeout\""), "{answer}");
}

#[actix_web::test]
async fn an_export_as_parquet_has_the_rows_of_the_csv_and_the_same_bytes_each_time() {
    let app = spawn_app().await;
    for key in ["champions", "loyal", "hibernating"] {
        let path = format!("/v1/segments/{key}/export?format=parquet");
        let (file, again) = (app.get(&path).await, app.get(&path).await);
        assert_eq!(file.header("content-type"), "application/vnd.apache.parquet");
        assert_eq!((file.header("export-cursor"), file.body == again.body), ("", true));
        let csv = app.get(&format!("/v1/segments/{key}/export")).await;
        let mut csv = csv::Reader::from_reader(&csv.body[..]);
        let header = csv.headers().expect("a header").clone();
        let lines: Vec<_> = csv.records().map(|row| row.expect("a row")).collect();
        let reader = SerializedFileReader::new(web::Bytes::from(file.body)).expect("a file");
        let rows: Vec<_> = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), lines.len());
        for (row, line) in rows.iter().zip(&lines) {
            let names: Vec<_> = row.get_column_iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, header.iter().collect::<Vec<_>>());
            for ((_, value), text) in row.get_column_iter().zip(line) {
                let same = match value {
                    Field::Str(seen) => seen == text,
                    Field::UInt(seen) => Ok(*seen) == text.parse(),
                    Field::Float(seen) => Ok(*seen) == text.parse(),
                    Field::Double(seen) => Ok(*seen) == text.parse(),
                    _ => false,
                };
                assert!(same, "{value:?} is not {text}");
            }
        }
    }
    let cursor = app.get("/v1/segments/1/export").await.header("export-cursor").to_owned();
    let refused = app.get(&format!("/v1/segments/1/export?format=parquet&cursor={cursor}")).await;
    assert!(refused.problem(400, "invalid_parameter").contains("csv or ndjson"));
}

#[actix_web::test]
async fn an_export_as_workbook_is_a_zip_of_the_same_bytes_each_time_and_cannot_be_resumed() {
    let app = spawn_app().await;
    let path = "/v1/segments/champions/export?format=xlsx&include=forecast";
    let (file, again) = (app.get(path).await, app.get(path).await);
    assert_eq!(
        file.header("content-type"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    assert!(file.body.starts_with(b"PK") && file.body == again.body);
    assert!(app.get("/v1/export?format=xlsx").await.body.len() > file.body.len());
    let cursor = app.get("/v1/segments/1/export").await.header("export-cursor").to_owned();
    for (more, detail) in [
        (format!("&cursor={cursor}"), "cannot be resumed"),
        ("&only=segment".to_owned(), "all columns"),
        ("&safe=spreadsheet".to_owned(), "guarded against in csv"),
    ] {
        let refused = app.get(&format!("/v1/segments/1/export?format=xlsx{more}")).await;
        let said = refused.problem(400, "invalid_parameter");
        assert!(said.contains(detail), "{said}");
    }
}
