use api::table::Table;
use segmentation_lib::export::Include;
use segmentation_lib::store::Store;
use serde_json::{Value, json};

use crate::helpers::{encode, number, publish, spawn_app, spawn_app_with};
use crate::sample;

const PATH: &str = "/v1/segments/lookup";

#[test]
fn a_customer_has_what_is_asked_for_and_the_rest_is_not_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::at(dir.path());
    let run_id = publish(&store, &sample::snapshot(50, 1));
    let table = Table::load(&store, &run_id).expect("a run");
    let row = table.row_of("C0000001").expect("in the sample");
    let whole = table.customer(row);
    assert!(whole.rfm.is_some() && table.row_of("nobody").is_none());
    for name in ["", "rfm", "forecast", "borderline", "co_assignment"] {
        let include = Include::default().and(name).unwrap_or_default();
        let some = table.customer_with(row, include);
        let has = [some.rfm.is_some(), some.forecast.is_some(), some.co_assignment.is_some()];
        let asked = [
            whole.rfm.is_some() && name == "rfm",
            whole.forecast.is_some() && name == "forecast",
            whole.co_assignment.is_some() && name == "co_assignment",
        ];
        assert_eq!(has, asked, "{name}");
        assert_eq!((some.id, some.segment_id, some.features), (whole.id, whole.segment_id, whole.features));
        assert_eq!((some.silhouette, some.held_out), (whole.silhouette, whole.held_out));
    }
}

#[actix_web::test]
async fn answers_come_in_request_order_with_duplicates() {
    let app = spawn_app().await;
    let long = "x".repeat(257);
    let ids = ["C0000002", "nobody", "C0000001", "", "C0000002", &long];
    let body = app.post_json(PATH, &json!({ "ids": ids })).await.json();
    assert_eq!(body["run_id"], app.snapshot.manifest.run_id);
    assert_eq!(body["counts"], json!({"requested": 6, "found": 3, "not_found": 1, "invalid": 2}));
    let results = body["results"].as_array().expect("a list");
    assert_eq!(results.iter().map(|r| r["id"].as_str().expect("text")).collect::<Vec<_>>(), ids);
    let found = app.snapshot.find("C0000002").expect("in the sample");
    let key = &app.snapshot.segments[usize::from(found.segment_id) - 1].key;
    let expected = json!({"id": "C0000002", "status": "found", "segment_id": found.segment_id, "segment_key": key,
        "silhouette": number(found.silhouette)});
    assert_eq!((&results[0], &results[4]), (&expected, &expected));
    assert_eq!(results[1], json!({"id": "nobody", "status": "not_found"}));
    assert_eq!(results[3], json!({"id": "", "status": "invalid", "reason": "empty"}));
    assert_eq!(results[5], json!({"id": long, "status": "invalid", "reason": "too_long"}));
    assert_eq!(
        body["segments"][0],
        json!({"id": 1, "key": "champions", "name": {"en": "Champions", "pt_br": "Campeões"}})
    );
}

#[actix_web::test]
async fn get_and_post_give_the_same_answer() {
    let app = spawn_app().await;
    let ids: Vec<_> =
        app.snapshot.assignments.iter().map(|a| a.customer_id.as_str()).chain(["nobody"]).collect();
    let query: Vec<_> = ids.iter().map(|id| format!("id={}", encode(id))).collect();
    let get = app.get(&format!("{PATH}?{}", query.join("&"))).await;
    let post = app.post_json(PATH, &json!({ "ids": ids })).await;
    assert_eq!((get.status, post.status), (200, 200));
    assert_eq!(get.json(), post.json());
    assert_eq!(get.json()["counts"]["found"], app.snapshot.assignments.len());
}

#[actix_web::test]
async fn a_list_is_split_at_commas_and_repeated_ids_are_not() {
    let app = spawn_app().await;
    let ids = |body: Value| -> Vec<String> {
        let results = body["results"].as_array().expect("a list").clone();
        results.iter().map(|r| r["id"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(
        ids(app.get(&format!("{PATH}?ids=b,a&id=a%2Cb&ids=c%2Cd,,e+f")).await.json()),
        ["b", "a", "a,b", "c", "d", "", "e f"]
    );
    assert!(ids(app.get(&format!("{PATH}?ids=")).await.json()).is_empty());
    assert!(ids(app.post_json(PATH, &json!({"ids": []})).await.json()).is_empty());
    app.get(PATH).await.problem(400, "invalid_parameter");
    app.get(&format!("{PATH}?idz=1")).await.problem(400, "unknown_parameter");
}

#[actix_web::test]
async fn odd_ids_survive_json_and_query() {
    let app = spawn_app().await;
    let body = app.post_json(PATH, &json!({ "ids": sample::ODD_IDS })).await.json();
    assert_eq!(body["counts"]["found"], sample::ODD_IDS.len());
}

#[actix_web::test]
async fn the_cap_is_exact_and_named() {
    let app = spawn_app().await;
    let ids = |n: usize| json!({ "ids": vec!["C0000001"; n] });
    assert_eq!(app.post_json(PATH, &ids(10_000)).await.json()["counts"]["found"], 10_000);
    let detail = app.post_json(PATH, &ids(10_001)).await.problem(413, "too_many_ids");
    assert!(detail.contains("10001") && detail.contains("10000"), "{detail}");
    let small = spawn_app_with(&["--max-ids", "2"]).await;
    assert_eq!(small.get(&format!("{PATH}?ids=a,b")).await.status, 200);
    small.get(&format!("{PATH}?ids=a,b,c")).await.problem(413, "too_many_ids");
}

#[actix_web::test]
async fn a_wrong_body_is_a_problem_with_its_position() {
    let app = spawn_app().await;
    for (body, part) in [
        ("", "line 1 column 0"),
        ("{\"ids\": [\"a\",\n \"b\" \"c\"]}", "line 2 column 6"),
        ("[]", "line 1 column"),
        ("{\"ids\": [17850.5]}", "the id 17850.5 is not a whole number"),
        ("{\"ids\": [null]}", "null"),
        ("{\"ids\": \"a\"}", "string"),
        ("{\"id\": []}", "unknown field `id`"),
        ("{\"ids\": [], \"ids\": []}", "duplicate field"),
        ("{}", "missing field `ids`"),
        ("{\"ids\": [\"\\ud800\"]}", "line 1"),
        ("{\"ids\": []} x", "trailing characters"),
    ] {
        let detail = app.post(PATH, "application/json", body).await.problem(400, "invalid_body");
        assert!(detail.contains(part), "{body}: {detail}");
    }
    let invalid_utf8 = app.post(PATH, "application/json", b"{\"ids\": [\"\xff\"]}".to_vec()).await;
    invalid_utf8.problem(400, "invalid_body");
}

#[actix_web::test]
async fn a_wrong_content_type_is_a_problem() {
    let app = spawn_app().await;
    let detail = app.post(PATH, "text/plain", "{\"ids\": []}").await.problem(415, "unsupported_media_type");
    assert!(detail.contains("text/plain") && detail.contains("application/json"), "{detail}");
    crate::helpers::read(app.request("POST", PATH).body("{}")).await.problem(415, "unsupported_media_type");
    assert_eq!(app.post(PATH, "application/json; charset=utf-8", "{\"ids\": []}").await.status, 200);
}

#[actix_web::test]
async fn a_large_body_is_refused_also_when_it_is_small_on_the_wire() {
    let app = spawn_app_with(&["--max-body-bytes", "100000"]).await;
    let body = json!({ "ids": ["x".repeat(200_000)] }).to_string();
    app.post(PATH, "application/json", body.clone()).await.problem(413, "body_too_large");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, body.as_bytes()).expect("in memory");
    let small = gzip.finish().expect("in memory");
    assert!(small.len() < 2_000);
    let request = app.request("POST", PATH).header("content-type", "application/json");
    let answer = crate::helpers::read(request.header("content-encoding", "gzip").body(small)).await;
    answer.problem(413, "body_too_large");
}

#[actix_web::test]
async fn a_compressed_body_is_taken() {
    let app = spawn_app().await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, b"{\"ids\": [\"C0000001\"]}").expect("in memory");
    let request = app.request("POST", PATH).header("content-type", "application/json");
    let request = request.header("content-encoding", "gzip").body(gzip.finish().expect("in memory"));
    assert_eq!(crate::helpers::read(request).await.json()["counts"]["found"], 1);
    let broken = app
        .request("POST", PATH)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    crate::helpers::read(broken.body("not gzip")).await.problem(400, "invalid_body");
}

#[actix_web::test]
async fn a_slow_body_is_given_up() {
    let app = spawn_app_with(&["--client-timeout", "1"]).await;
    let head = "POST /v1/segments/lookup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"ids\"";
    let mut stream = std::net::TcpStream::connect(app.address).expect("it listens");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).expect("a timeout");
    std::io::Write::write_all(&mut stream, head.as_bytes()).expect("it reads");
    let mut answer = vec![0; 4096];
    let n = std::io::Read::read(&mut stream, &mut answer).expect("an answer before five seconds");
    let answer = String::from_utf8_lossy(&answer[..n]);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"body_timeout\""), "{answer}");
}

#[actix_web::test]
async fn the_rule_view_is_beside_the_segment_where_it_is_asked_for() {
    let app = spawn_app().await;
    let rfm = app.snapshot.rfm.as_ref().expect("the sample has one");
    let row =
        app.snapshot.assignments.iter().position(|a| a.customer_id == "C0000002").expect("in the sample");
    let (place, scores) = (rfm.places[row], rfm.places[row].scores);
    let group = &rfm.groups[usize::from(place.group)];
    let expected = json!({
        "key": group.key,
        "name": {"en": group.name.en, "pt_br": group.name.pt_br},
        "scores": {"recency": scores.recency, "frequency": scores.frequency, "monetary": scores.monetary},
    });
    let list = app.post_json(&format!("{PATH}?include=rfm"), &json!({"ids": ["C0000002", "nobody"]})).await;
    assert_eq!(list.json()["results"][0]["rfm"], expected);
    assert_eq!(list.json()["results"][1].get("rfm"), None);
    let one = "/v1/customers/C0000002/segment";
    assert_eq!(app.get(&format!("{one}?include=rfm")).await.json()["rfm"], expected);
    assert_eq!(
        app.get(&format!("{PATH}?ids=C0000002&include=rfm")).await.json()["results"][0]["rfm"],
        expected
    );
    assert_eq!(app.get("/v1/customers/C0000002").await.json()["rfm"], expected);
    assert_eq!(app.get(one).await.json().get("rfm"), None);
    let wrong = app.get(&format!("{one}?include=forecasts")).await;
    wrong.problem(400, "invalid_parameter");
    let csv = app.request("POST", &format!("{PATH}?include=rfm")).header("content-type", "text/csv");
    let csv = crate::helpers::read(csv.body("id\nC0000002\nnobody\n")).await;
    let text = String::from_utf8(csv.body).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",reason,rfm_group,rfm_recency,rfm_frequency,rfm_monetary"), "{text}");
    let scores = format!("{},{},{},{}", group.key, scores.recency, scores.frequency, scores.monetary);
    assert!(lines[1].ends_with(&scores) && lines[2].ends_with(",,,,"), "{text}");
}

#[actix_web::test]
async fn the_forecast_is_beside_the_segment_where_it_is_asked_for() {
    let app = spawn_app().await;
    let forecasts = &app.snapshot.forecasts.as_ref().expect("the sample has some").rows;
    let of = |at: usize| app.snapshot.assignments[at].customer_id.clone();
    let with = (0..forecasts.len()).find(|&at| of(at) == "C0000002").expect("in the sample");
    let row = forecasts[with].expect("with a purchase");
    let without = (0..forecasts.len()).find(|&at| forecasts[at].is_none() && of(at).starts_with('C'));
    let without = of(without.expect("a customer without a purchase"));
    let list = app
        .post_json(&format!("{PATH}?include=forecast"), &json!({"ids": ["C0000002", without]}))
        .await
        .json();
    let forecast = &list["results"][0]["forecast"];
    assert_eq!(forecast["purchases"], row.purchases);
    assert_eq!(
        forecast["expected_purchases"].as_f64().map(|value| value as f32),
        Some(row.expected_purchases)
    );
    assert_eq!(forecast["expected_value_pennies"], json!(row.expected_value_pennies()));
    assert_eq!(forecast["next_purchase"], json!(row.next_purchase.map(|day| day.to_string())));
    assert_eq!(
        (list["results"][1]["status"].as_str(), list["results"][1].get("forecast")),
        (Some("found"), None)
    );
    let one = "/v1/customers/C0000002/segment";
    let both = app.get(&format!("{one}?include=rfm,forecast")).await.json();
    assert!(both["rfm"].is_object() && both["forecast"] == *forecast, "{both}");
    assert_eq!(app.get("/v1/customers/C0000002").await.json()["forecast"], *forecast);
    assert_eq!(app.get(one).await.json().get("forecast"), None);
    let csv = app.request("POST", &format!("{PATH}?include=forecast")).header("content-type", "text/csv");
    let csv = crate::helpers::read(csv.body("id\nC0000002\nnobody\n")).await;
    let text = String::from_utf8(csv.body).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(&segmentation_lib::export::FORECAST_COLUMNS.join(",")), "{text}");
    assert!(
        lines[1].contains(&format!(",{},", row.expected_purchases)) && lines[2].ends_with(",,,,,,,,,"),
        "{text}"
    );
    let segments = app.get("/v1/segments").await.json();
    let sum = app.snapshot.segments[0].forecast.as_ref().expect("the sample has one");
    assert_eq!(segments["segments"][0]["forecast"], json!(sum));
}
