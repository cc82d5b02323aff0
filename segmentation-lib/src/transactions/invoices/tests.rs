use super::*;

/// An order of a number, a customer and a day.
fn order(number: u64, customer: u64, day: i64) -> Order {
    let hash = |n: u64| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes());
    Order { number: hash(number), customer: hash(customer), day }
}

fn noted(invoices: &mut Invoices, order: Order, amounts: impl IntoIterator<Item = i64>) {
    amounts.into_iter().for_each(|amount| invoices.note(order, &Lines::one(amount, None)));
}

fn invoices(lines: &[(&str, i64, Option<i64>)]) -> Invoices {
    let number = |invoice: &str| invoice.bytes().fold(0, |key, byte| key * 256 + u64::from(byte));
    let mut invoices = Invoices::default();
    for (invoice, amount, priced) in lines {
        invoices.note(order(number(invoice), 0, 0), &Lines::one(*amount, *priced));
    }
    invoices
}

#[test]
fn a_total_on_every_line_is_recognised() {
    let lines = [("a", 100, None), ("a", 100, None), ("b", 70, None), ("c", 30, None), ("b", 70, None)];
    let repeated = invoices(&lines).repeated(true).expect("repeated");
    assert_eq!(repeated, Repeated { several: 2, equal: 2, priced: false, doubtful: false });
    assert_eq!(invoices(&lines).repeated(false), None, "two invoices are too few for an amount of any name");
}

#[test]
fn among_few_invoices_one_of_different_lines_says_that_lines_have_their_own() {
    let lines = [("a", 100, None), ("a", 100, None), ("b", 70, None), ("b", 71, None)];
    assert_eq!(invoices(&lines).repeated(true), None);
}

#[test]
fn the_share_of_invoices_with_equal_lines_decides() {
    let verdict = |different: u64| {
        let mut invoices = Invoices::default();
        for number in 0..100 {
            let total = 1_000 + 7 * number as i64;
            let second = total + i64::from(number < different);
            noted(&mut invoices, order(number, number % 30, 5), [total, second]);
        }
        invoices.repeated(true).map(|repeated| (repeated.equal, repeated.doubtful))
    };
    assert_eq!(verdict(0), Some((100, false)));
    assert_eq!(verdict(5), Some((95, false)));
    assert_eq!(verdict(6), Some((94, true)));
    assert_eq!(verdict(50), Some((50, true)));
    assert_eq!(verdict(51), None);
}

#[test]
fn prices_that_return_are_the_lines_own_where_some_invoices_differ() {
    let mut invoices = Invoices::default();
    for number in 0..100 {
        let price = 1_000 * (1 + number as i64 % 4);
        noted(&mut invoices, order(number, number, 5), [price, price + i64::from(number % 3 == 0)]);
    }
    assert_eq!(invoices.repeated(true), None);
}

#[test]
fn numbers_that_begin_again_are_told_by_the_day() {
    let mut till = Invoices::default();
    for day in 0..60 {
        for number in 0..3 {
            // Six customers, each with the same number on many days.
            let customer = (number + day as u64) % 6;
            let total = 500 + 11 * day + number as i64;
            noted(&mut till, order(number, customer, day), [total, total]);
        }
    }
    assert!(till.begin_again());
    let repeated = till.repeated(true).expect("equal on all lines");
    assert_eq!((repeated.several, repeated.equal, repeated.doubtful), (180, 180, false));
}

#[test]
fn payments_of_several_days_may_be_no_total() {
    let mut payments = Invoices::default();
    for (invoice, month) in (0..8).flat_map(|invoice| [(invoice, 0), (invoice, 31)]) {
        noted(&mut payments, order(invoice, invoice, month), [1_000 + invoice as i64]);
    }
    assert!(!payments.begin_again());
    assert!(payments.repeated(true).expect("equal on all lines").doubtful);
    // An invoice in ten that is written across midnight is no doubt.
    let mut orders = Invoices::default();
    for (invoice, line) in (0..20).flat_map(|invoice| [(invoice, 0), (invoice, 1)]) {
        let day = i64::from(invoice == 7) * line;
        noted(&mut orders, order(invoice, invoice, day), [1_000 + invoice as i64]);
    }
    assert!(!orders.repeated(true).expect("equal on all lines").doubtful);
}

#[test]
fn a_choice_that_leaves_hardly_any_money_is_seen() {
    let paid = |months: i64| {
        let mut payments = Invoices::default();
        for (contract, month) in (0..8).flat_map(|contract| (0..months).map(move |month| (contract, month))) {
            noted(&mut payments, order(contract, contract, 30 * month), [990]);
        }
        payments.hardly_counted()
    };
    assert_eq!(paid(6), None);
    assert_eq!(paid(12), Some((8 * 11 * 990, 8 * 12 * 990)));
    // An order of many lines of one day is a wholesaler's.
    let mut orders = Invoices::default();
    (0..8).for_each(|number| noted(&mut orders, order(number, number, 5), [9_900; 20]));
    assert_eq!(orders.hardly_counted(), None);
}

#[test]
fn few_amounts_that_return_may_be_prices() {
    let seats: Vec<(String, i64)> = (0..30).map(|n| (n.to_string(), 1_000 * (1 + n % 3))).collect();
    let lines: Vec<(&str, i64, Option<i64>)> =
        seats.iter().flat_map(|(id, price)| [(id.as_str(), *price, None); 2]).collect();
    assert!(invoices(&lines).repeated(false).expect("equal on all lines").doubtful);
    assert!(!invoices(&lines).repeated(true).expect("called a total").doubtful);
}

#[test]
fn equal_prices_alone_are_no_total() {
    let same: Vec<(&str, i64, Option<i64>)> =
        ["a", "b", "c", "d", "e", "f"].iter().flat_map(|i| [(*i, 999, None), (*i, 999, None)]).collect();
    assert_eq!(invoices(&same).repeated(false), None);
}

#[test]
fn prices_that_add_up_are_the_lines_own_money() {
    let lines = [("a", 100, Some(60)), ("a", 100, Some(40)), ("b", 70, Some(35)), ("b", 70, Some(35))];
    assert!(invoices(&lines).repeated(true).expect("repeated").priced);
}

#[test]
fn parts_in_any_order_say_the_same() {
    let part = |numbers: std::ops::Range<u64>| {
        let mut part = Invoices::default();
        for number in numbers {
            noted(&mut part, order(number, number % 900, 3), [number as i64 + 1; 2]);
        }
        part
    };
    let whole = part(0..20_000);
    let (mut one, mut other) = (part(0..3_000), part(3_000..20_000));
    one.append(part(3_000..20_000));
    other.append(part(0..3_000));
    assert!(whole.orders.len() <= MOST && whole.level > 0);
    for appended in [one, other] {
        assert_eq!((appended.level, &appended.orders), (whole.level, &whole.orders));
    }
}

#[test]
fn an_amount_of_an_order_is_told_from_all_others() {
    let (one, next_day) = (order(1, 2, 3), order(1, 2, 4));
    assert_eq!(one.amount(100, false), next_day.amount(100, false));
    assert_ne!(one.amount(100, true), next_day.amount(100, true));
    assert_ne!(one.amount(100, true), one.amount(101, true));
    assert_ne!(one.amount(100, false), order(1, 5, 3).amount(100, false));
}

#[test]
fn names_of_totals_are_told_from_names_of_lines() {
    for name in ["ordertotal", "total", "valordopedido", "rechnungsbetrag", "grandtotal", "totalprice"] {
        assert!(names_a_total(name), "{name}");
    }
    for name in ["linetotal", "amount", "sales", "itemtotal", "valor"] {
        assert!(!names_a_total(name), "{name}");
    }
}
