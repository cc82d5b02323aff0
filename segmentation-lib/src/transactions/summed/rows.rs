//! Rows of customers: their types, and what cannot be.

use polars::prelude::*;

use super::super::error::TransactionsError;
use crate::record::MAX_ID_BYTES;

/// Whole numbers; those that are no money count something. Units alone may be missing: not all data have quantities.
const NUMBERS: [&str; 7] =
    ["frequency", "lines", "return_lines", "units", "net_pennies", "purchased_pennies", "products"];
const COUNTS: [&str; 5] = ["frequency", "lines", "return_lines", "units", "products"];
const MOMENTS: [&str; 4] = ["first_purchase", "last_purchase", "first_transaction", "last_transaction"];

/// Refuses a table that lacks columns.
pub(super) fn require<'a>(
    frame: &DataFrame,
    place: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<(), TransactionsError> {
    let schema = frame.schema();
    let missing: Vec<&str> = columns.into_iter().filter(|name| !schema.contains(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(TransactionsError::SummedColumns {
        place: place.to_owned(),
        missing: missing.join(", "),
        found: schema.iter_names().map(|name| name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// A column of whole numbers.
pub(super) fn number(frame: &DataFrame, place: &str, name: &str) -> Result<Int64Chunked, TransactionsError> {
    require(frame, place, [name])?;
    refuse_other_types(frame, place, [name])?;
    Ok(frame.column(name)?.strict_cast(&DataType::Int64)?.i64()?.clone())
}

/// The columns in their types: text, whole numbers and milliseconds.
pub(super) fn typed(frame: &DataFrame, place: &str) -> Result<DataFrame, TransactionsError> {
    let all = || ["customer_id"].into_iter().chain(MOMENTS).chain(NUMBERS);
    require(frame, place, all())?;
    refuse_other_types(frame, place, all())?;
    let moment = DataType::Datetime(TimeUnit::Milliseconds, None);
    let columns = [col("customer_id").cast(DataType::String)]
        .into_iter()
        .chain(MOMENTS.map(|name| col(name).cast(moment.clone())))
        .chain(NUMBERS.map(|name| col(name).strict_cast(DataType::Int64)));
    Ok(frame.clone().lazy().select(columns.collect::<Vec<_>>()).collect()?)
}

fn refuse_other_types<'a>(
    frame: &DataFrame,
    place: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<(), TransactionsError> {
    for name in columns {
        let kind = frame.column(name)?.dtype();
        if !fits(name, kind) {
            let (column, seen) = (name.to_owned(), kind.to_string());
            return Err(TransactionsError::SummedType { place: place.to_owned(), column, seen });
        }
    }
    Ok(())
}

fn fits(name: &str, kind: &DataType) -> bool {
    match name {
        "customer_id" => kind.is_integer() || *kind == DataType::String,
        name if MOMENTS.contains(&name) => matches!(kind, DataType::Date | DataType::Datetime(..)),
        _ => kind.is_integer() || matches!(kind, DataType::Decimal(_, 0)),
    }
}

/// Refuses rows that no customer has.
pub(super) fn checked(frame: DataFrame, place: &str) -> Result<DataFrame, TransactionsError> {
    let ids = frame.column("customer_id")?.str()?;
    let wrong = |row: usize, column: &str, seen: String, allowed: &'static str| {
        let (place, column) = (place.to_owned(), column.to_owned());
        Err(TransactionsError::SummedRow { place, row: row as u64 + 1, column, seen, allowed })
    };
    for (row, id) in ids.iter().enumerate() {
        match id {
            None | Some("") => return wrong(row, "customer_id", "nothing".to_owned(), "it names a customer"),
            Some(id) if id.len() > MAX_ID_BYTES => {
                return wrong(row, "customer_id", format!("{} bytes", id.len()), "it has at most 256 bytes");
            }
            Some(_) => {}
        }
    }
    for name in NUMBERS {
        let numbers = frame.column(name)?.i64()?;
        if let Some(row) = numbers.iter().position(|number| number.is_none()).filter(|_| name != "units") {
            return wrong(row, name, "nothing".to_owned(), "it is a whole number");
        }
        let negative = |number: Option<i64>| number.is_some_and(|number| number < 0);
        if let Some(row) = numbers.iter().position(negative).filter(|_| COUNTS.contains(&name)) {
            let seen = numbers.get(row).unwrap_or_default().to_string();
            return wrong(row, name, seen, "it counts from 0 on");
        }
    }
    let of = |name: &str| Ok::<_, PolarsError>(frame.column(name)?.to_physical_repr().i64()?.clone());
    let (first, last) = (of("first_transaction")?, of("last_transaction")?);
    let (bought, bought_last, purchases) = (of("first_purchase")?, of("last_purchase")?, of("frequency")?);
    for row in 0..frame.height() {
        let ordered = |from: Option<i64>, to: Option<i64>| from.zip(to).is_some_and(|(from, to)| from <= to);
        if !ordered(first.get(row), last.get(row)) {
            return wrong(
                row,
                "last_transaction",
                "before the first or nothing".to_owned(),
                "it is a later moment",
            );
        }
        if purchases.get(row) > Some(0) && !ordered(bought.get(row), bought_last.get(row)) {
            return wrong(
                row,
                "last_purchase",
                "before the first or nothing".to_owned(),
                "who purchased has both",
            );
        }
    }
    Ok(frame)
}

/// Refuses a customer with two rows; `sorted` ascends by id.
pub(super) fn refuse_two_rows(sorted: &DataFrame) -> Result<(), TransactionsError> {
    let ids = sorted.column("customer_id")?.str()?;
    let mut before = None;
    for id in ids.iter() {
        if id == before {
            return Err(TransactionsError::SummedTwice { customer: id.unwrap_or_default().to_owned() });
        }
        before = id;
    }
    Ok(())
}
