//! CSV for people: what a spreadsheet opens without being told anything.

use segmentation_lib::record::Crossing;

use crate::helpers::{Answer, TestApp, publish, spawn_app, spawn_empty, two_runs};

const MARK: &str = "\u{feff}";

async fn text(app: &TestApp, path: &str) -> String {
    of(app.get(path).await)
}

fn of(answer: Answer) -> String {
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body).expect("text")
}

/// The same cells of an exact file and of one in Portuguese: text by text, money in pounds instead of pennies.
fn assert_same(exact: &str, people: &str, money: &[&str]) {
    let rows = |text: &str, separator| -> Vec<Vec<String>> {
        let reader =
            csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
        reader.into_records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
    };
    let (exact, people) = (rows(exact, b','), rows(people.strip_prefix(MARK).expect("a mark"), b';'));
    assert_eq!(exact.len(), people.len());
    assert!(exact.len() > 1);
    for (row, (a, b)) in exact.iter().zip(&people).enumerate() {
        assert_eq!(a.len(), b.len());
        for (at, (a, b)) in a.iter().zip(b).enumerate() {
            let is_money = money.contains(&exact[0][at].as_str());
            match (row, is_money) {
                (0, true) => assert_eq!(*b, format!("{} (GBP)", a.trim_end_matches("_pennies"))),
                (_, true) if !a.is_empty() => {
                    let pounds: f64 = b.replace(',', ".").parse().expect("a number");
                    let pennies: f64 = a.parse().expect("a number");
                    assert!((pounds * 100.0 - pennies).abs() <= 0.51, "{a} {b}");
                    assert_eq!(b.split(',').nth(1).map(str::len), Some(2), "{b}");
                }
                _ => assert_eq!(*b.replace(',', "."), *a.replace(',', "."), "{}", exact[0][at]),
            }
        }
    }
}

#[actix_web::test]
async fn an_export_for_a_portuguese_spreadsheet_has_mark_semicolons_and_money_in_pounds() {
    let app = spawn_app().await;
    let path = "/v1/segments/1/export?include=forecast,rfm,borderline";
    let exact = text(&app, path).await;
    assert!(!exact.starts_with(MARK));
    let people = text(&app, &format!("{path}&safe=spreadsheet&language=pt_br")).await;
    let money = [
        "monetary",
        "value_pennies",
        "mean_value_pennies",
        "expected_spend_pennies",
        "expected_value_pennies",
    ];
    assert_same(&exact, &people, &money);
    let english = text(&app, &format!("{path}&safe=spreadsheet")).await;
    assert!(
        english.starts_with(&format!("{MARK}customer_id,")) && english.contains("monetary (GBP)"),
        "{english}"
    );
}

/// A server on two runs between which everybody who moved did so because of money.
async fn moved_by_money() -> TestApp {
    let [before, mut now] = two_runs();
    let rows = &mut now.changes.as_mut().expect("some moved").rows;
    for why in rows.iter_mut().filter_map(|row| row.why.as_mut()) {
        why.crossing =
            Some(Crossing { feature: 2, before: 408_518.0, after: 1_000.0, border: Some(5_000.5) });
    }
    now.seal().expect("a valid time");
    let app = spawn_empty(&[], |store| [&before, &now].iter().for_each(|run| drop(publish(store, run))));
    app.wait_until_serving(&now.manifest.run_id).await;
    app
}

#[actix_web::test]
async fn changes_for_a_spreadsheet_say_what_their_money_is_counted_in() {
    let app = moved_by_money().await;
    let exact = text(&app, "/v1/changes?format=csv").await;
    assert!(exact.contains(",monetary,408518,1000,5000.5,"), "{exact}");
    let people = text(&app, "/v1/changes?format=csv&safe=spreadsheet&language=pt_br").await;
    assert!(people.starts_with(&format!("{MARK}customer_id;change;")), "{people}");
    assert_eq!(exact.lines().count(), people.lines().count());
    assert!(people.contains(";monetary (GBP);4085,18;10;50,005;"), "{people}");
}

#[actix_web::test]
async fn a_list_for_a_spreadsheet_names_the_segments() {
    let app = spawn_app().await;
    let list = "customer_id\nC0000001\n\"=1+1\"\n";
    let path = "/v1/segments/lookup?safe=spreadsheet&language=pt_br";
    let people = of(app.post(path, "text/csv", list).await);
    let mut lines = people.lines();
    let header = "customer_id;status;segment_id;segment_key;segment;segmento;silhouette;reason";
    assert_eq!(lines.next(), Some(&*format!("{MARK}{header}")));
    let name = &app.snapshot.segment_of("C0000001").expect("there").name;
    assert!(
        lines.next().is_some_and(|line| line.contains(&format!(";{};{};", name.en, name.pt_br))),
        "{people}"
    );
    assert_eq!(lines.next(), Some("'=1+1;not_found;;;;;;"));
    let exact = of(app.post("/v1/segments/lookup", "text/csv", list).await);
    assert!(exact.starts_with("customer_id,status,segment_id,segment_key,silhouette,reason\n"), "{exact}");
}

#[actix_web::test]
async fn a_language_is_for_people_alone() {
    let app = spawn_app().await;
    for query in ["language=pt_br", "safe=spreadsheet&language=pt", "safe=spreadsheet&format=ndjson"] {
        app.get(&format!("/v1/segments/1/export?{query}")).await.problem(400, "invalid_parameter");
    }
}

#[actix_web::test]
async fn changes_and_lists_come_as_workbooks_of_the_same_bytes_each_time() {
    let app = moved_by_money().await;
    let list = "customer_id\nC0000001\n\"=1+1\"\n";
    let looked_up = || app.post("/v1/segments/lookup?format=xlsx&include=forecast", "text/csv", list);
    let changes = || app.get("/v1/changes?format=xlsx");
    for [file, again] in [[changes().await, changes().await], [looked_up().await, looked_up().await]] {
        assert_eq!(file.status, 200);
        assert!(file.header("content-type").ends_with(".spreadsheetml.sheet"));
        assert!(file.body.starts_with(b"PK") && file.body.len() > 4000 && file.body == again.body);
    }
    assert!(changes().await.header("changes-from").contains('-'));
    let ndjson = app.post("/v1/segments/lookup?format=xlsx", "application/x-ndjson", "\"C0000001\"\n").await;
    assert!(ndjson.body.starts_with(b"PK"));
    let empty = app.post("/v1/segments/lookup?format=xlsx", "text/csv", "customer_id\n").await;
    assert!(empty.body.starts_with(b"PK"));
}

#[actix_web::test]
async fn a_list_as_workbook_is_refused_where_it_cannot_be() {
    let app = spawn_app().await;
    let path = "/v1/segments/lookup?format=xlsx";
    for (path, form, body) in [
        (path.to_owned(), "application/json", "{\"ids\": [\"a\"]}"),
        (format!("{path}&safe=spreadsheet"), "text/csv", "id\na\n"),
        ("/v1/segments/lookup?format=parquet".to_owned(), "text/csv", "id\na\n"),
    ] {
        app.post(&path, form, body).await.problem(400, "invalid_parameter");
    }
}
