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
        ("1297607130250000", "2011-02-13 14:25:30.250"),
        ("1297607130250000000", "2011-02-13 14:25:30.250"),
        ("1297607130.250", "2011-02-13 14:25:30"),
        ("/Date(1297607130250)/", "2011-02-13 14:25:30.250"),
        ("201102131425", "2011-02-13 14:25:00"),
        ("20110213T142530Z", "2011-02-13 14:25:30"),
        ("20110213 142530", "2011-02-13 14:25:30"),
        ("13/02/2011 02:25:30 p. m.", "2011-02-13 14:25:30"),
        ("13/02/2011 02:25:30\u{a0}p.\u{a0}m.", "2011-02-13 14:25:30"),
        ("Feb 13, 2011 02:25:30 PM PST", "2011-02-13 14:25:30"),
        ("2011-02-13 14:25:30 BRT", "2011-02-13 14:25:30"),
        ("2011-02-13T14:25:30-03:00[America/Sao_Paulo]", "2011-02-13 14:25:30"),
        ("Sun Feb 13 14:25:30 2011", "2011-02-13 14:25:30"),
        ("Sun Feb 13 2011 14:25:30 GMT-0300 (Horário de Brasília)", "2011-02-13 14:25:30"),
        ("13/02/2011 às 14:25", "2011-02-13 14:25:00"),
        ("13/02/2011 - 14:25", "2011-02-13 14:25:00"),
        ("13/02/2011 14h25", "2011-02-13 14:25:00"),
        ("13/02/2011 14h", "2011-02-13 14:00:00"),
        ("13 de fevereiro de 2011 14:25 hs.", "2011-02-13 14:25:00"),
        ("13.02.2011 um 14:25 Uhr", "2011-02-13 14:25:00"),
        ("13-FEB-11 02.25.30.000000 PM", "2011-02-13 14:25:30"),
        ("13. Feb. 2011", "2011-02-13 00:00:00"),
        ("February 13th, 2011", "2011-02-13 00:00:00"),
        ("dom, 13/02/2011", "2011-02-13 00:00:00"),
        ("mar, 15/02/2011", "2011-02-15 00:00:00"),
        ("segunda-feira, 14/02/2011", "2011-02-14 00:00:00"),
        ("2011年2月13日", "2011-02-13 00:00:00"),
        ("2011.02.13.", "2011-02-13 00:00:00"),
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

/// Every name of a month, whole and abbreviated, as the languages' dictionaries and the Unicode locale data
/// have them: English, Portuguese, Spanish, German, French.
const MONTHS: [&[&str]; 12] = [
    &["January", "Jan", "janeiro", "jan", "enero", "ene", "Januar", "janvier", "janv"],
    &[
        "February",
        "Feb",
        "fevereiro",
        "fev",
        "febrero",
        "febr",
        "Februar",
        "février",
        "fevrier",
        "févr",
        "fevr",
        "fév",
    ],
    &[
        "March",
        "Mar",
        "março",
        "marco",
        "mar",
        "marc\u{327}o",
        "marzo",
        "März",
        "Mär",
        "Maerz",
        "Mrz",
        "mars",
    ],
    &["April", "Apr", "abril", "abr", "avril", "avr"],
    &["May", "maio", "mai", "mayo"],
    &["June", "Jun", "junho", "junio", "Juni", "juin"],
    &["July", "Jul", "julho", "julio", "Juli", "juillet", "juil"],
    &["August", "Aug", "agosto", "ago", "août", "aout"],
    &["September", "Sep", "Sept", "setembro", "set", "septiembre", "setiembre", "septembre"],
    &["October", "Oct", "outubro", "out", "octubre", "Oktober", "Okt", "octobre"],
    &["November", "Nov", "novembro", "noviembre", "novembre"],
    &["December", "Dec", "dezembro", "dez", "diciembre", "dic", "Dezember", "décembre", "decembre", "déc"],
];

/// How months were once told apart: by three letters, of whatever word.
fn month_by_three_letters(word: &str) -> Option<u32> {
    let start: String = word.to_lowercase().chars().take(3).collect();
    let starts = [
        &["jan", "ene"][..],
        &["feb", "fev", "fév"],
        &["mar", "mär", "mae", "mrz"],
        &["apr", "abr", "avr"],
        &["may", "mai"],
        &["jun"],
        &["jul"],
        &["aug", "ago", "aoû", "aou"],
        &["sep", "set"],
        &["oct", "out", "okt"],
        &["nov"],
        &["dec", "dez", "dic", "déc"],
    ];
    (1..).zip(starts).find(|(_, starts)| starts.contains(&start.as_str())).map(|(month, _)| month)
}

#[test]
fn every_real_name_of_a_month_reads_as_by_its_three_letters() {
    for (month, names) in (1..).zip(MONTHS) {
        // French June and July share three letters.
        for name in names.iter().filter(|name| !name.starts_with("jui")) {
            for written in [(*name).to_owned(), name.to_lowercase(), name.to_uppercase()] {
                assert_eq!(month_of(written.as_bytes()), Some(month), "{written}");
                assert_eq!(month_by_three_letters(&written), Some(month), "{written}");
                for text in [
                    format!("13-{written}-2011"),
                    format!("13 de {written} de 2011"),
                    format!("13 {written}. 2011 10:00"),
                    format!("{written} 13, 2011"),
                    format!("2011-{written}-13"),
                ] {
                    let read = read(&text, DateOrder::DayFirst).unwrap_or_else(|| panic!("{text}"));
                    assert!(read.starts_with(&format!("2011-{month:02}-13")), "{text}: {read}");
                }
            }
        }
    }
}

#[test]
fn a_word_that_only_begins_like_a_month_or_a_weekday_is_no_date() {
    for text in [
        "Marble 3 2013",
        "Junk 7 2013",
        "Decaf 12 2013",
        "Novel 1 2013",
        "Octopus 8, 2013",
        "13-Mayonnaise-2011",
        "2011-Setting-13",
        "Monkey, 13 Feb 2011",
        "Sunflower 13 Feb 2011",
        "Septembers 1 2013",
        "Januaryyyyyyyyyyyyyyyyyyy 1 2013",
    ] {
        assert_eq!(read(text, DateOrder::DayFirst), None, "{text}");
    }
}

#[test]
fn every_weekday_may_stand_before_a_date() {
    for day in
        ["Sun", "sunday", "SUNDAY", "Mon", "Tues", "Weds", "Wednesday", "Thur", "Thurs", "Fri", "Saturday"]
    {
        let text = format!("{day}, 13 Feb 2011");
        assert_eq!(read(&text, DateOrder::DayFirst).as_deref(), Some("2011-02-13 00:00:00"), "{text}");
    }
}

#[test]
fn dates_of_sas_have_nothing_between_their_parts() {
    let read = |text: &str| parse(text, DateOrder::DayFirst, 0, &mut Tally::default());
    assert_eq!(read("03JAN2025"), milliseconds(2025, 1, 3, 0));
    assert_eq!(read("13feb11"), milliseconds(2011, 2, 13, 0));
    for text in ["03XYZ2025", "03JAN", "03", "JAN2025"] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn a_word_is_a_month_where_it_is_one_of_the_names(word in "[A-Za-zçÇ]{0,11}|[JFMASONDjfmasond][aeuc][nbrylgptvzc][a-z]{0,3}") {
        let real = (1..).zip(MONTHS).find(|(_, names)| names.iter().any(|name| name.to_lowercase() == word.to_lowercase()));
        proptest::prop_assert_eq!(month_of(word.as_bytes()), real.map(|(month, _)| month));
    }

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
