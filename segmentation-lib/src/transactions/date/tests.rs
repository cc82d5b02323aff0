use super::*;

fn read(text: &str, order: DateOrder) -> Option<String> {
    let ms = parse(text, order, 0, &mut Tally::default())?;
    Some(chrono::DateTime::from_timestamp_millis(ms).expect("in range").naive_utc().to_string())
}

#[test]
fn the_usual_ways_to_write_a_date_are_read() {
    let cases = [
        ("2011-02-13", "2011-02-13 00:00:00"),
        ("2011/2/3", "2011-02-03 00:00:00"),
        ("20110213", "2011-02-13 00:00:00"),
        ("20110213142530", "2011-02-13 14:25:30"),
        ("2011-02-13 14:25", "2011-02-13 14:25:00"),
        ("2011-02-13T14:25:30Z", "2011-02-13 14:25:30"),
        ("2011-02-13T14:25:30.250+01:00", "2011-02-13 14:25:30.250"),
        ("2011-02-13 14:25:30.123456789", "2011-02-13 14:25:30.123"),
        ("2011-02-13 14:25:30 UTC", "2011-02-13 14:25:30"),
        ("13-02-2011 08:26", "2011-02-13 08:26:00"),
        ("13.2.11", "2011-02-13 00:00:00"),
        ("11-Feb-13", "2013-02-11 00:00:00"),
        ("13 fev 2011", "2011-02-13 00:00:00"),
        ("13 de fevereiro de 2011", "2011-02-13 00:00:00"),
        ("Feb 13, 2011 2:25 PM", "2011-02-13 14:25:00"),
        ("Sun, 13 Feb 2011 14:25:30 GMT", "2011-02-13 14:25:30"),
        ("2011-Feb-13", "2011-02-13 00:00:00"),
        ("13/02/2011 12:05:00 AM", "2011-02-13 00:05:00"),
        ("13/02/69", "1969-02-13 00:00:00"),
        ("1297607130", "2011-02-13 14:25:30"),
        ("1297607130250", "2011-02-13 14:25:30.250"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, DateOrder::DayFirst).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(read("12/1/2010 8:26:00 AM", DateOrder::MonthFirst).as_deref(), Some("2010-12-01 08:26:00"));
}

#[test]
fn numbers_are_days_or_unix_time() {
    assert_eq!(from_digits(20_110_213), milliseconds(2011, 2, 13, 0));
    assert_eq!(from_digits(1_297_607_130), Some(1_297_607_130_000));
    assert_eq!(from_digits(1_297_607_130_250), Some(1_297_607_130_250));
    for number in [0, -1, 2_011_021_314, i64::MIN, i64::MAX] {
        assert_eq!(from_digits(number), None, "{number}");
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "abc",
        "2011-02-30",
        "2011-13-01",
        "31-02-2011",
        "13-13-2011",
        "0001-01-01",
        "9999-12-31",
        "2011021314",
        "129760713",
        "2011-02-13 25:00",
        "2011-02-13 10:61",
        "2011-02-13 13:00 PM",
        "2011-02-13 x",
        "2011-02",
        "12:30",
        "1-2",
        "2011-02-13 14",
    ] {
        assert_eq!(read(text, DateOrder::DayFirst), None, "{text}");
    }
}

#[test]
fn a_value_that_only_one_order_allows_bears_witness_under_either() {
    for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
        let mut tally = Tally::default();
        let value = parse("31-01-2011", order, 0, &mut tally);
        assert_eq!(value.is_some(), order == DateOrder::DayFirst);
        assert!(matches!(tally.verdict(), super::super::tally::Verdict::First(_)));
    }
}

#[test]
fn equal_day_and_month_say_nothing() {
    let mut tally = Tally::default();
    assert!(parse("02-02-2011", DateOrder::MonthFirst, 0, &mut tally).is_some());
    assert_eq!(tally.verdict(), super::super::tally::Verdict::Indifferent);
}

#[test]
fn an_impossible_date_is_no_witness() {
    let mut tally = Tally::default();
    assert!(parse("31-02-2011", DateOrder::DayFirst, 0, &mut tally).is_none());
    assert_eq!(tally, Tally::default());
}

proptest::proptest! {
    #[test]
    fn every_day_reads_back_in_every_form(days in 0i32..80_000, form in 0usize..5, first in proptest::bool::ANY) {
        let date = NaiveDate::from_ymd_opt(1950, 1, 1).expect("valid") + chrono::Days::new(days as u64);
        let order = if first { DateOrder::DayFirst } else { DateOrder::MonthFirst };
        let format = match (form, order) {
            (0, _) => "%Y-%m-%d",
            (1, _) => "%Y%m%d",
            (2, _) => "%d-%b-%Y",
            (_, DateOrder::DayFirst) => "%d/%m/%Y",
            (_, DateOrder::MonthFirst) => "%m/%d/%Y",
        };
        let text = date.format(format).to_string();
        let read = parse(&text, order, 0, &mut Tally::default());
        proptest::prop_assert_eq!(read, Some(i64::from(date.to_epoch_days()) * DAY_MS));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,24}") {
        let _ = parse(&text, DateOrder::DayFirst, 0, &mut Tally::default());
    }
}
