use super::super::tally::Verdict;
use super::*;

fn pennies(text: &str, mark: DecimalMark) -> Option<i64> {
    parse(text, mark, 0, &mut Tally::default())?.pennies()
}

#[test]
fn point_numbers_are_read_exactly() {
    let cases = [
        ("2.55", 255),
        ("-11062.06", -1_106_206),
        ("17", 1700),
        (".5", 50),
        ("12.", 1200),
        ("0.005", 1),
        ("0.0049", 0),
        ("-0.005", -1),
        ("1,234.56", 123_456),
        ("1,234,567", 123_456_700),
        ("12,34,567.80", 123_456_780),
        ("£3.39", 339),
        ("-£3.39", -339),
        ("£-3.39", -339),
        ("R$ 1,234.50", 123_450),
        ("(12.50)", -1250),
        ("12.50-", -1250),
        ("12.50 EUR", 1250),
        ("Rs. 500", 50_000),
        ("12.50 SEK", 1250),
        ("MX$12.50", 1250),
        ("500 руб.", 50_000),
        ("12.50 Kč", 1250),
        ("264.-", 26_400),
        ("1 234.50", 123_450),
        ("1'234.50", 123_450),
        ("1e3", 100_000),
        ("2.5e-1", 25),
        ("+7.10", 710),
        ("2.5499999999999998", 255),
        ("3.390000000000000000000001", 339),
    ];
    for (text, expected) in cases {
        assert_eq!(pennies(text, DecimalMark::Point), Some(expected), "{text}");
    }
}

#[test]
fn comma_numbers_are_read_exactly() {
    let cases = [
        ("2,55", 255),
        ("1.234,56", 123_456),
        ("1.234.567", 123_456_700),
        ("R$ 12,90", 1290),
        ("1.234", 123_400),
        ("347,-", 34_700),
        ("1.347,- €", 134_700),
        ("€ 347,-", 34_700),
        ("-12,--", -1200),
        ("5,–", 500),
    ];
    for (text, expected) in cases {
        assert_eq!(pennies(text, DecimalMark::Comma), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "",
        "-",
        ".",
        "abc",
        "C536",
        "nan",
        "inf",
        "1.2.3",
        "1,23.4.5",
        "--5",
        "12a",
        "1,2",
        "99999999999999999999",
    ] {
        assert_eq!(pennies(text, DecimalMark::Point), None, "{text}");
    }
}

#[test]
fn money_beyond_ten_trillion_is_refused() {
    assert_eq!(pennies("10000000000000.00", DecimalMark::Point), Some(1_000_000_000_000_000));
    assert_eq!(pennies("10000000000000.01", DecimalMark::Point), None);
}

#[test]
fn a_lone_separator_before_three_digits_is_ambiguous() {
    for text in ["1,234", "1.234", "123,456"] {
        let mut tally = Tally::default();
        parse(text, DecimalMark::Point, 0, &mut tally);
        assert!(matches!(tally.verdict(), Verdict::Undecided(_)), "{text}");
    }
}

#[test]
fn the_mark_bears_witness_under_either_reading() {
    for (text, point) in [
        ("3.39", true),
        ("3,39", false),
        ("0.850", true),
        ("1.234,5", false),
        ("1.234.567", false),
        ("1,234.5", true),
    ] {
        for mark in [DecimalMark::Point, DecimalMark::Comma] {
            let mut tally = Tally::default();
            parse(text, mark, 0, &mut tally);
            match tally.verdict() {
                Verdict::First(_) => assert!(point, "{text}"),
                Verdict::Second(_) => assert!(!point, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}

#[test]
fn quantity_times_price_rounds_once() {
    let price = parse("0.001", DecimalMark::Point, 0, &mut Tally::default()).expect("a number");
    assert_eq!(Decimal::integer(1000).times_pennies(price), Some(100));
    assert_eq!(Decimal::integer(5).times_pennies(price), Some(1));
    assert_eq!(Decimal::integer(-5).times_pennies(price), Some(-1));
    assert_eq!(Decimal::integer(4).times_pennies(price), Some(0));
}

#[test]
fn quantities_round_half_away_from_zero() {
    let read = |text: &str| parse(text, DecimalMark::Point, 0, &mut Tally::default()).map(Decimal::rounded);
    assert_eq!(read("0.5"), Some(1));
    assert_eq!(read("-2.5"), Some(-3));
    assert_eq!(read("2.4"), Some(2));
}

#[test]
fn floats_are_their_shortest_decimal() {
    assert_eq!(Decimal::from_float(2.55).and_then(Decimal::pennies), Some(255));
    assert_eq!(Decimal::from_float(-0.001), Decimal::new(-1, 3));
    assert_eq!(Decimal::from_float(0.1 + 0.2), Decimal::new(30_000_000_000_000_004, 17));
    assert_eq!(Decimal::from_float(f64::NAN), None);
}

proptest::proptest! {
    #[test]
    fn any_money_reads_back_in_every_notation(pennies in -1_000_000_000_000i64..1_000_000_000_000) {
        let (sign, whole, cents) = (if pennies < 0 { "-" } else { "" }, pennies.abs() / 100, pennies.abs() % 100);
        let mut grouped = whole.to_string();
        let mut at = grouped.len();
        while at > 3 {
            at -= 3;
            grouped.insert(at, ',');
        }
        let english = format!("{sign}{grouped}.{cents:02}");
        let brazilian = english.replace(',', "_").replace('.', ",").replace('_', ".");
        proptest::prop_assert_eq!(super::tests::pennies(&english, DecimalMark::Point), Some(pennies));
        proptest::prop_assert_eq!(super::tests::pennies(&brazilian, DecimalMark::Comma), Some(pennies));
        proptest::prop_assert_eq!(super::tests::pennies(&format!("{sign}{whole}.{cents:02}"), DecimalMark::Point), Some(pennies));
        proptest::prop_assert_eq!(Decimal::from_float(pennies as f64 / 100.0).and_then(Decimal::pennies), Some(pennies));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,24}") {
        let _ = parse(&text, DecimalMark::Comma, 0, &mut Tally::default());
    }
}
