//! JSON: rows one a line, an array of rows, or the orders that a shop's API gives.

mod flat;

use std::io::Read;

use serde_json::Value;

use self::flat::{Flat, flattened};
use super::chunk::{ChunkBuilder, RowHasher};
use super::error::TransactionsError;
use super::field::{Field, Row};
use super::header::{Layout, ROLES};
use super::mapping::Role;
use super::pass::{Interrupt, Pass};
use crate::record::WarningKind;

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
    if may_be_hundredths(&table, &layout) {
        pass.warn_of_hundredths(place, layout.name(Role::Amount).unwrap_or_default());
    }
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

/// Whether the amounts are whole numbers, as interfaces write hundredths: not all of them whole hundreds.
fn may_be_hundredths(table: &Table, layout: &Layout) -> bool {
    const FEWEST: usize = 10;
    let Some(column) = layout.column(Role::Amount) else { return false };
    let amounts: Vec<&Value> = table.rows.iter().map(|row| &row[column]).filter(|v| !v.is_null()).collect();
    let whole = amounts.iter().all(|amount| amount.is_i64());
    let odd = amounts.iter().filter(|amount| amount.as_i64().is_some_and(|n| n % 100 != 0)).count();
    amounts.len() >= FEWEST && whole && odd * 2 > amounts.len()
}

impl Pass<'_> {
    fn warn_of_hundredths(&mut self, place: &str, column: &str) {
        self.warn(
            WarningKind::MinorUnits,
            format!("{place}: every {column} is a whole number: where they are cents, all money is shown 100 times too large"),
            format!("{place}: todo {column} é um número inteiro: se forem centavos, todo valor aparece 100 vezes maior"),
        );
    }
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
    let orders = Table::of(records, false);
    match pass.layout(place, &orders.columns) {
        Ok(layout) => Ok((orders, layout, ["JSON"; 2])),
        Err(refused) => {
            let lines = Table::of(records, true);
            let layout = pass.layout(place, &lines.columns).map_err(|_| refused)?;
            let how = ["JSON, a row for each line of an order", "JSON, uma linha por item do pedido"];
            Ok((lines, layout, how))
        }
    }
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
        Self { rows: rows.into_iter().map(whole).collect(), columns: flat.columns }
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

/// The longest array of objects in a wrapper: an object that is no record itself, because it has no more than a few
/// members besides.
fn longest_array(value: &Value, depth: usize) -> Option<Vec<Value>> {
    let object = value.as_object().filter(|object| depth > 0 && object.len() <= 6)?;
    let arrays =
        object.values().filter_map(Value::as_array).filter(|array| array.iter().any(Value::is_object));
    let here = arrays.max_by_key(|array| array.len()).cloned();
    let is_wrapper = !object.values().any(|value| value.is_string());
    here.filter(|_| is_wrapper)
        .or_else(|| object.values().filter(|_| is_wrapper).find_map(|inner| longest_array(inner, depth - 1)))
}

fn row<'c>(cells: &'c [Value], layout: &Layout) -> Row<'c> {
    let mut row: Row<'c> = [Field::Null; ROLES];
    for role in Role::ALL {
        if let Some(value) = layout.column(role).and_then(|column| cells.get(column)) {
            row[role as usize] = field(value);
        }
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
