//! JSON: rows one a line, an array of rows, or the orders that a shop's API gives.

mod flat;

use std::io::Read;

use serde_json::Value;

use self::flat::{Flat, flattened};
use super::chunk::{ChunkBuilder, RowHasher};
use super::error::TransactionsError;
use super::field::{Field, Row};
use super::header::{Layout, SLOTS};
use super::pass::{Interrupt, Pass};

/// Rows in a chunk.
const CHUNK: usize = 1 << 16;

/// Reads JSON whole. Memory: the text, and its rows.
pub(super) fn read(pass: &mut Pass<'_>, place: &str, mut stream: impl Read) -> Result<(), Interrupt> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|error| TransactionsError::io(place, error))?;
    let records = records(&bytes).map_err(|error| TransactionsError::damaged(place, "JSON", error))?;
    if records.is_empty() {
        return Err(TransactionsError::Empty { place: place.to_owned() }.into());
    }
    let (table, layout, how) = table(pass, place, &records)?;
    pass.begin_table(place, &layout, how);
    let mut hasher = RowHasher::default();
    for (at, rows) in table.rows.chunks(CHUNK).enumerate() {
        let plan = pass.plan(&layout);
        let mut builder = ChunkBuilder::new(&plan, &pass.collector.codes(), rows.len())?;
        for (number, cells) in rows.iter().enumerate() {
            builder.push(number as u64, &row(cells, &layout), || hash(&mut hasher, cells))?;
        }
        let chunk = builder.finish()?;
        // The first row is row 1: there is no header.
        pass.add(chunk, place, (at * CHUNK) as u64 + 1)?;
    }
    Ok(())
}

/// Rows of cells in the order of their columns.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// One row an order where the order names its total; else one a line of it.
fn table(
    pass: &Pass<'_>,
    place: &str,
    records: &[Value],
) -> Result<(Table, Layout, [&'static str; 2]), TransactionsError> {
    let settled = |records: &[Value], by_line: bool| {
        let table = Table::of(records, by_line);
        let layout = pass.layout(place, &table.columns)?;
        let layout = pass.with_currency(layout, &table.first_rows());
        Ok::<_, TransactionsError>((table, layout))
    };
    let refused = match settled(records, false) {
        Ok((orders, layout)) => return Ok((orders, layout, ["JSON"; 2])),
        Err(refused) => refused,
    };
    if let Ok((lines, layout)) = settled(records, true) {
        let how = ["JSON, a row for each line of an order", "JSON, uma linha por item do pedido"];
        return Ok((lines, layout, how));
    }
    for inner in enclosed(records) {
        if let Ok((orders, layout)) = settled(&inner, false) {
            return Ok((orders, layout, ["JSON, the records inside", "JSON, os registros de dentro"]));
        }
    }
    Err(refused)
}

/// The records with the members of one of their objects in their own place, for each object that all of them have:
/// `{"topic": "orders/create", "payload": {…}}`.
fn enclosed(records: &[Value]) -> impl Iterator<Item = Vec<Value>> {
    let names: Vec<&String> = match records.first() {
        Some(Value::Object(first)) => {
            first.iter().filter(|(_, v)| v.is_object()).map(|(name, _)| name).collect()
        }
        _ => Vec::new(),
    };
    names.into_iter().filter_map(move |name| records.iter().map(|record| hoisted(record, name)).collect())
}

fn hoisted(record: &Value, name: &str) -> Option<Value> {
    let mut outer = record.as_object()?.clone();
    let Value::Object(inner) = outer.remove(name)? else { return None };
    outer.extend(inner);
    Some(Value::Object(outer))
}

impl Table {
    fn of(records: &[Value], by_line: bool) -> Self {
        let mut flat = Flat::default();
        let rows: Vec<_> = records.iter().flat_map(|record| flattened(record, by_line, &mut flat)).collect();
        let width = flat.columns.len();
        let whole = |cells: Vec<(usize, Value)>| {
            let mut row = vec![Value::Null; width];
            cells.into_iter().for_each(|(column, value)| row[column] = value);
            row
        };
        let mut table = Self { rows: rows.into_iter().map(whole).collect(), columns: flat.columns };
        table.drop_empty_objects();
        table
    }

    /// An object that is null in some records is a column of its own, and without a value in any: `customer` beside
    /// `customer_id`.
    fn drop_empty_objects(&mut self) {
        let is_object = |at: &usize| {
            let start = format!("{}_", self.columns[*at]);
            self.columns.iter().any(|other| other.starts_with(&start))
                && self.rows.iter().all(|row| row[*at].is_null())
        };
        let empty: Vec<usize> = (0..self.columns.len()).filter(is_object).collect();
        for at in empty.into_iter().rev() {
            self.columns.remove(at);
            self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
    }

    /// The texts of the first rows.
    fn first_rows(&self) -> Vec<Vec<String>> {
        const FIRST: usize = 20;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.rows.iter().take(FIRST).map(|row| row.iter().map(text).collect()).collect()
    }
}

/// The records of a text: values one after the other, the elements of an array, or the longest array of objects
/// inside a single object, such as `{"orders": […]}`.
fn records(bytes: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut values =
        serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().collect::<Result<Vec<_>, _>>()?;
    if let [only] = values.as_mut_slice() {
        let found = match only.take() {
            Value::Array(elements) => elements,
            single => longest_array(&single, 4).unwrap_or_else(|| vec![single]),
        };
        values = found;
    }
    Ok(values.into_iter().flat_map(unwrapped).filter(Value::is_object).collect())
}

/// Pages of an API that stand one after the other, and GraphQL's `{"node": {…}}`.
fn unwrapped(value: Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements,
        Value::Object(mut object) if object.len() <= 2 && object.contains_key("node") => {
            object.remove("node").into_iter().collect()
        }
        other => vec![other],
    }
}

/// The longest array of objects in a wrapper: an object that is no record itself.
fn longest_array(value: &Value, depth: usize) -> Option<Vec<Value>> {
    const MEMBERS: usize = 16;
    let object = value.as_object().filter(|object| depth > 0 && object.len() <= MEMBERS)?;
    if is_record(value) {
        return None;
    }
    let arrays =
        object.values().filter_map(Value::as_array).filter(|array| array.iter().any(Value::is_object));
    let here = arrays.max_by_key(|array| array.len()).cloned();
    here.or_else(|| object.values().find_map(|inner| longest_array(inner, depth - 1)))
}

/// Whether an object names a customer and a date of its own, as an order does beside its lines.
fn is_record(value: &Value) -> bool {
    let mut flat = Flat::default();
    flattened(value, false, &mut flat);
    Layout::names_a_purchase(&flat.columns)
}

fn row<'c>(cells: &'c [Value], layout: &Layout) -> Row<'c> {
    let mut row: Row<'c> = [Field::Null; SLOTS];
    for (slot, column) in layout.slots() {
        row[slot] = cells.get(column).map_or(Field::Null, field);
    }
    row
}

fn field(value: &Value) -> Field<'_> {
    match value {
        Value::String(text) => Field::text(text),
        Value::Bool(true) => Field::Text("true"),
        Value::Bool(false) => Field::Text("false"),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Field::Int(whole),
            None => number.as_f64().map_or(Field::Null, Field::Float),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => Field::Null,
    }
}

fn hash(hasher: &mut RowHasher, cells: &[Value]) -> u128 {
    let mut scratch = String::new();
    for cell in cells {
        hasher.add(field(cell).id(&mut scratch).unwrap_or_default().as_bytes());
    }
    hasher.finish()
}
