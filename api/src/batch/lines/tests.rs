use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Place;
use super::*;

/// All ids of a body given in these pieces.
fn read(form: Form, pieces: &[&[u8]]) -> Result<Vec<Option<String>>, ApiError> {
    let mut lines = IdLines::new(form, None);
    let mut parts: Vec<Part> = pieces.iter().map(|piece| lines.push(piece)).collect::<Result<_, _>>()?;
    parts.push(lines.finish()?);
    // Line by line: places between lines are part of what is tested.
    let ids = |part: &Part| {
        let mut place = Place::default();
        let mut ids = Vec::new();
        while part.left(place) > 0 {
            ids.extend(part.next_ids(&mut place, 2).map(|id| id.ok().map(str::to_owned)));
        }
        ids
    };
    Ok(parts.iter().flat_map(ids).collect())
}

fn some(ids: &[&str]) -> Vec<Option<String>> {
    ids.iter().map(|&id| Some(id.to_owned())).collect()
}

#[test]
fn a_line_of_ndjson_is_a_text_or_an_object() {
    let body =
        b"\"a\"\r\n{\"id\": \"b\\n\"}\n {\"customer_id\":\"c\", \"x\": 1}\n17850\n\nnull\n\"\xff\"\n\"last\"";
    let mut expected = some(&["a", "b\n", "c", "17850"]);
    expected.extend([None, None, Some("last".to_owned())]);
    assert_eq!(read(Form::Ndjson, &[body]).expect("lines"), expected);
}

#[test]
fn the_ids_column_of_csv_is_found_by_name() {
    let body = "\u{feff}name,customer_id\nx,\"a,\"\"b\"\"\"\r\ny,\" c \"\nz\n";
    let mut expected = some(&["a,\"b\"", " c "]);
    expected.push(None);
    assert_eq!(read(Form::Csv, &[body.as_bytes()]).expect("lines"), expected);
    for wrong in ["", "a,b\n1,2\n", "\n\n"] {
        let error = read(Form::Csv, &[wrong.as_bytes()]).expect_err(wrong).to_string();
        assert!(error.contains("customer_id or id"), "{error}");
    }
}

#[test]
fn what_tools_write_is_read() {
    let ids = some(&["17850", "a,b"]);
    for body in [
        "Customer_ID;name\n17850;x\n\"a,b\";y\n",
        "\u{feff}name\tCustomer ID\r\nx\t17850\r\ny\ta,b\r\n",
        "\n\nID|n\n17850|1\na,b|2",
        "id\n17850\n\"a,b\"\n",
    ] {
        assert_eq!(read(Form::Csv, &[body.as_bytes()]).expect(body), ids, "{body:?}");
    }
    let body = "\u{feff}{\"CustomerID\": 17850}\n\"a,b\"\n";
    assert_eq!(read(Form::Ndjson, &[body.as_bytes()]).expect("lines"), ids);
}

#[test]
fn what_is_ambiguous_is_asked() {
    let csv = "id,customer_id\n1,2\n";
    let ndjson = "{\"id\": 1, \"customer_id\": 2}\n";
    for (form, body) in [(Form::Csv, csv), (Form::Ndjson, ndjson)] {
        let error = read(form, &[body.as_bytes()]).expect_err("ambiguous").to_string();
        assert!(error.contains("line 1") && error.contains("?column="), "{error}");
        let mut lines = IdLines::new(form, Some("customer_id".to_owned()));
        let part = lines.push(body.as_bytes()).expect("clear");
        let ids: Vec<_> = part.next_ids(&mut Place::default(), 9).collect();
        assert_eq!(ids, [Ok("2")]);
    }
}

#[test]
fn a_quote_that_does_not_end_swallows_no_lines() {
    for (body, line) in [
        ("id,name\n1,x\n2,\"Bar\n3,y\n4,z\n", "line 3"),
        ("id\n\"10100\n", "line 2"),
        ("id\n\"10100", "line 2"),
        ("\"id\n1\n", "line 1"),
        ("id\n1\n\"a\"\"", "line 3"),
    ] {
        for cut in 0..body.len() {
            let (start, end) = body.as_bytes().split_at(cut);
            let error = read(Form::Csv, &[start, end]).expect_err(body).to_string();
            assert!(error.contains(line), "{body:?} cut at {cut}: {error}");
        }
    }
    for body in ["id\n\"1\"", "id\n1,\"\"", "id,name\n1,Bar \"do\" Ze\n", "id\r\n1\r", "id\n1,"] {
        assert_eq!(read(Form::Csv, &[body.as_bytes()]).expect(body), some(&["1"]), "{body:?}");
    }
}

#[test]
fn utf_16_is_refused() {
    let little = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let big = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    for (form, text) in [(Form::Csv, "customer_id\n10100\n"), (Form::Ndjson, "\"10100\"\n\"10101\"\n")] {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}{text}");
            for body in [little(&text), big(&text)] {
                let error = read(form, &[&body]).expect_err(&text).to_string();
                assert!(error.contains("UTF-16; send UTF-8"), "{error}");
            }
        }
    }
}

#[test]
fn an_endless_line_is_refused() {
    let long = vec![b'x'; MAX_LINE + 1];
    for form in [Form::Ndjson, Form::Csv] {
        let error = read(form, &[b"id\n", &long]).expect_err("refused").to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}

proptest! {
    #[test]
    fn pieces_cut_anywhere_give_the_same_lines(
        ids in vec(any::<String>(), 0..20),
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let ndjson: String = ids.iter().map(|id| serde_json::json!(id).to_string() + "\n").collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["customer_id"]).expect("in memory");
        ids.iter().for_each(|id| writer.write_record([id]).expect("in memory"));
        let csv = writer.into_inner().expect("in memory");
        for (form, body) in [(Form::Ndjson, ndjson.into_bytes()), (Form::Csv, csv)] {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &body[w[0]..w[1]]).collect();
            let seen = read(form, &pieces).expect("valid");
            prop_assert_eq!(seen, ids.iter().cloned().map(Some).collect::<Vec<_>>());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(pieces in vec(vec(any::<u8>(), 0..60), 0..6)) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let lines = pieces.concat().iter().filter(|&&byte| byte == b'\n').count() + 1;
        for form in [Form::Ndjson, Form::Csv] {
            let bound = if form == Form::Csv { usize::MAX } else { lines };
            prop_assert!(read(form, &pieces).map_or(0, |ids| ids.len()) <= bound);
        }
    }
}
