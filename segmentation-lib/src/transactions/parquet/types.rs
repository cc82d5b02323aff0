//! Columns of types that are no values, or none that can be read.

use polars::prelude::*;

use super::super::error::TransactionsError;
use super::super::header::Layout;
use super::super::mapping::Role;
use super::super::pass::{Interrupt, Pass};
use super::super::typed::Table;

/// Digits of the longest numbers that are read.
const MOST_DIGITS: usize = 38;

/// Roles whose values are numbers.
const NUMBERS: [Role; 4] = [Role::Quantity, Role::Price, Role::Amount, Role::Refunded];

/// Roles that only tell more of a purchase: what has their name is left out where it cannot be read.
const BESIDE: [Role; 4] = [Role::Product, Role::Description, Role::Country, Role::Contact];

/// The columns that can be read. Polars gives up where it does not know a type, also that of a column nobody asks for.
pub(super) fn readable(schema: &ArrowSchema) -> ArrowSchema {
    let known = schema.iter().filter(|(_, field)| unknown(&field.dtype).is_none());
    known.map(|(name, field)| (name.clone(), field.clone())).collect()
}

/// A type that Polars does not know, or knows in parts of it.
fn unknown(kind: &ArrowDataType) -> Option<&'static str> {
    match kind {
        ArrowDataType::Float16 => Some("Float16"),
        ArrowDataType::UInt128 => Some("UInt128"),
        ArrowDataType::Interval(_) => Some("Interval"),
        ArrowDataType::Union(_) => Some("Union"),
        ArrowDataType::Extension(_) => Some("Extension"),
        ArrowDataType::Unknown => Some("Unknown"),
        ArrowDataType::List(field)
        | ArrowDataType::LargeList(field)
        | ArrowDataType::FixedSizeList(field, _)
        | ArrowDataType::Map(field, _) => unknown(&field.dtype),
        ArrowDataType::Struct(fields) => fields.iter().find_map(|field| unknown(&field.dtype)),
        ArrowDataType::Dictionary(_, values, _) => unknown(values),
        _ => None,
    }
}

/// A column's name; none for what holds no single value that can be read.
pub(super) fn column_name(name: &str, kind: &DataType) -> String {
    if holds(kind).is_some() || is_too_long(kind) { String::new() } else { name.to_owned() }
}

fn is_too_long(kind: &DataType) -> bool {
    matches!(kind, DataType::Decimal(digits, _) if *digits > MOST_DIGITS)
}

/// What a column holds where it is neither a text nor a number nor a moment.
fn holds(kind: &DataType) -> Option<String> {
    match kind {
        DataType::Struct(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            Some(format!("structures of {}", names.join(", ")))
        }
        DataType::List(_) => Some("lists".to_owned()),
        DataType::Duration(_) => Some("durations".to_owned()),
        kind if kind.is_nested() => Some("several values a row".to_owned()),
        _ => None,
    }
}

/// Fails where a column that is left out has the name of a role that no other column plays: the rest would be read without
/// it, be it the money. What only tells more of a purchase is left out.
pub(super) fn refuse_lost_roles(
    pass: &Pass<'_>,
    place: &str,
    (schema, typed): (&ArrowSchema, &Schema),
    without: Option<&Layout>,
) -> Result<(), TransactionsError> {
    refuse_bytes(place, schema, without)?;
    let all: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
    let Ok(with) = pass.layout(place, &all) else { return Ok(()) };
    for role in Role::ALL.into_iter().filter(|role| !BESIDE.contains(role)) {
        let is_played = without.is_some_and(|layout| layout.name(role).is_some());
        let Some(name) = with.name(role).filter(|_| !is_played) else { continue };
        let (place, column) = (place.to_owned(), name.to_owned());
        if let Some(kind) = schema.get(name).and_then(|field| unknown(&field.dtype)) {
            let holds = format!("values of the type {kind}");
            return Err(TransactionsError::UnreadType { place, role, column, holds, cast: "DOUBLE" });
        }
        if typed.get(name).is_some_and(is_too_long) {
            let holds = format!("numbers of more than {MOST_DIGITS} digits");
            return Err(TransactionsError::UnreadType { place, role, column, holds, cast: "DOUBLE" });
        }
        if let Some(holds) = typed.get(name).and_then(holds) {
            return Err(TransactionsError::SeveralValues { place, role, column, holds });
        }
    }
    Ok(())
}

/// Fails where a number is bytes, as without its logical type that of half a float is.
fn refuse_bytes(place: &str, schema: &ArrowSchema, layout: Option<&Layout>) -> Result<(), TransactionsError> {
    for role in NUMBERS {
        let Some(column) = layout.and_then(|layout| layout.name(role)) else { continue };
        let kind = schema.get(column).map(|field| &field.dtype);
        if matches!(kind, Some(ArrowDataType::FixedSizeBinary(_))) {
            let (place, column, holds) = (place.to_owned(), column.to_owned(), "bytes".to_owned());
            return Err(TransactionsError::UnreadType { place, role, column, holds, cast: "DOUBLE" });
        }
    }
    Ok(())
}

/// The failure with its cause, where bytes were to be text and are none.
pub(super) fn named(interrupt: Interrupt, table: &Table<'_>) -> Interrupt {
    let is_of_text = |reason: &str| reason.contains("utf8") || reason.contains("utf-8");
    let is_cause = match &interrupt {
        Interrupt::Failed(TransactionsError::Damaged { reason, .. }) => is_of_text(reason),
        Interrupt::Failed(TransactionsError::Table(error)) => is_of_text(&error.to_string()),
        _ => false,
    };
    let binary = |role: Role| {
        let name = table.layout.name(role)?;
        (table.schema.get(name) == Some(&DataType::Binary)).then(|| (role, name.to_owned()))
    };
    match Role::ALL.into_iter().find_map(binary).filter(|_| is_cause) {
        None => interrupt,
        Some((role, column)) => {
            let (place, holds) = (table.place.to_owned(), "bytes that are no text".to_owned());
            TransactionsError::UnreadType { place, role, column, holds, cast: "VARCHAR" }.into()
        }
    }
}
