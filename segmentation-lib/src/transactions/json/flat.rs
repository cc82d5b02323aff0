//! Nested objects as columns: `{"customer": {"id": 7}}` has the column `customer_id`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Names under which orders hold their lines.
const LINES: [&str; 8] =
    ["line_items", "lineItems", "lines", "items", "products", "order_lines", "itens", "produtos"];

/// The columns found so far, in the order in which they were met.
#[derive(Default)]
pub(super) struct Flat {
    pub columns: Vec<String>,
    places: HashMap<String, usize>,
}

impl Flat {
    fn place(&mut self, name: String) -> usize {
        let next = self.columns.len();
        *self.places.entry(name).or_insert_with_key(|name| {
            self.columns.push(name.clone());
            next
        })
    }

    /// Adds the members of an object, and of the objects inside it, under `prefix`.
    fn add(&mut self, prefix: &str, object: &Map<String, Value>, cells: &mut Vec<(usize, Value)>) {
        for (name, value) in object {
            let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}_{name}") };
            match of_mongo(value) {
                Value::Object(inner) => self.add(&name, inner, cells),
                Value::Array(_) => {}
                value => cells.push((self.place(name), value.clone())),
            }
        }
    }
}

/// The value that MongoDB's export wraps with its type: `{"$oid": "5f…"}`, `{"$date": {"$numberLong": "174…"}}`.
fn of_mongo(value: &Value) -> &Value {
    match value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next()) {
        Some((name, inner)) if name.starts_with('$') => of_mongo(inner),
        _ => value,
    }
}

/// The rows of a record: one, or one for each of its lines.
pub(super) fn flattened(record: &Value, by_line: bool, flat: &mut Flat) -> Vec<Vec<(usize, Value)>> {
    let Some(object) = record.as_object() else { return Vec::new() };
    let mut order = Vec::new();
    let lines = lines(object);
    let mut object = object.clone();
    if lines.is_some()
        && !["order_id", "order_number", "orderNumber"].iter().any(|name| object.contains_key(*name))
    {
        // A shop's own number of the order.
        if let Some(id) = object.remove("id") {
            object.insert("order_id".to_owned(), id);
        }
    }
    if let Some(refunded) = refunded(&object) {
        object.insert("refunded_amount".to_owned(), json!(refunded));
    }
    flat.add("", &object, &mut order);
    match lines.filter(|lines| by_line && !lines.is_empty()) {
        None => vec![order],
        Some(lines) => lines
            .iter()
            .map(|line| {
                let mut row = order.clone();
                flat.add("", &of_a_line(line), &mut row);
                row
            })
            .collect(),
    }
}

fn lines(object: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let array = LINES.iter().find_map(|name| object.get(*name)?.as_array())?;
    Some(array.iter().filter_map(|line| line.as_object().cloned()).collect())
}

/// A line's members; its id is the line's own and says nothing of the order.
fn of_a_line(line: &Map<String, Value>) -> Map<String, Value> {
    line.iter().filter(|(name, _)| *name != "id").map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Sum of what was given back: `total` of WooCommerce's refunds, or the amounts of the transactions of Shopify's.
fn refunded(object: &Map<String, Value>) -> Option<f64> {
    let refunds = object.get("refunds")?.as_array()?;
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok()).map(f64::abs);
    let of_transactions = |refund: &Value| -> Option<f64> {
        let transactions = refund.get("transactions")?.as_array()?;
        Some(transactions.iter().filter_map(|transaction| number(transaction.get("amount")?)).sum())
    };
    let amounts = refunds.iter().filter_map(|refund| {
        let total = ["total", "amount"].iter().find_map(|name| number(refund.get(*name)?));
        total.or_else(|| of_transactions(refund))
    });
    let sum: f64 = amounts.sum();
    (sum > 0.0).then(|| (sum * 100.0).round() / 100.0)
}
