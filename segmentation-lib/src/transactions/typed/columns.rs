//! Typed columns read as a row reader reads their values, piece by piece.

use polars::prelude::*;

use super::super::column_values::Values;
use super::super::date::{DayTexts, is_plausible};
use super::super::field::Field as Value;
use super::super::number::{Decimal, DecimalMark};
use super::super::placeholder::{IdFlaw, flaw};
use super::super::tally::Tally;
use super::super::values::is_digits;
use super::progress::RowProgress;
use crate::record::MAX_ID_BYTES;

/// Whether values of a type are numbers by themselves.
pub(super) fn is_number(kind: &DataType) -> bool {
    use DataType::*;
    matches!(kind, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | Float32 | Float64 | Decimal(..))
}

/// Identifiers as text: trimmed, without the words for a missing value, whole numbers without a fraction. The rows are
/// told to `progress`.
pub(super) fn texts(column: Expr, progress: Option<RowProgress>) -> Expr {
    let read = move |column: Column| {
        if let Some(progress) = &progress {
            progress.add(column.len())?;
        }
        text(column)
    };
    column.map(read, of_type(DataType::String))
}

fn text(column: Column) -> PolarsResult<Column> {
    if let Ok(texts) = column.str()
        && are_as_written(texts)
    {
        return Ok(column);
    }
    if column.dtype().is_integer() {
        return column.cast(&DataType::String);
    }
    let (values, mut scratch) = (Values::ids(&column)?, String::new());
    let mut texts = StringChunkedBuilder::new(column.name().clone(), column.len());
    for at in 0..column.len() {
        texts.append_option(values.get(at).id(&mut scratch));
    }
    Ok(texts.finish().into_column())
}

/// Whether all texts are their own identifiers; what stands in row after row is asked once.
fn are_as_written(texts: &StringChunked) -> bool {
    let mut last = "";
    texts.iter().flatten().all(|text| {
        let known = text == last;
        last = text;
        known || is_as_written(text)
    })
}

/// Whether a text is its own identifier.
fn is_as_written(text: &str) -> bool {
    match Value::text(text) {
        value @ Value::Text(_) => value.id(&mut String::new()).is_some_and(|id| id.len() == text.len()),
        _ => false,
    }
}

/// The capital letter before an invoice's digits, C of a cancellation or A of an adjustment.
pub(super) fn letters(invoice: Expr) -> Expr {
    let read = |invoices: Column| {
        let letters: StringChunked =
            invoices.str()?.iter().map(|invoice| letter(invoice?)).collect_ca(invoices.name().clone());
        Ok(letters.into_column())
    };
    invoice.map(read, of_type(DataType::String))
}

fn letter(invoice: &str) -> Option<&'static str> {
    let letter = match invoice.as_bytes().first()? {
        b'C' | b'c' => "C",
        b'A' | b'a' => "A",
        _ => return None,
    };
    is_digits(&invoice[1..]).then_some(letter)
}

/// Whether the ids have a flaw.
pub(super) fn flaws(customer: Expr, wanted: IdFlaw) -> Expr {
    marked(customer, move |id| flaw(id, MAX_ID_BYTES) == Some(wanted))
}

/// Whether the texts are `such`; what stands in row after row is asked once.
pub(super) fn marked(text: Expr, such: impl Fn(&str) -> bool + Send + Sync + 'static) -> Expr {
    let read = move |texts: Column| {
        let mut last = ("", false);
        let texts = texts.str()?;
        let mut marks = BooleanChunkedBuilder::new(texts.name().clone(), texts.len());
        for text in texts.iter() {
            match text {
                Some(text) if text == last.0 => {}
                Some(text) => last = (text, such(text)),
                None => last = ("", false),
            }
            marks.append_value(last.1);
        }
        Ok(marks.finish().into_column())
    };
    text.map(read, of_type(DataType::Boolean))
}

/// The days of moments as text, where a row has no invoice.
pub(super) fn days(invoice: Expr, moment: Expr) -> Expr {
    let read = |columns: &mut [Column]| {
        let [invoices, moments] = columns else { return Ok(Column::default()) };
        if invoices.null_count() == 0 {
            return Ok(Column::full_null(invoices.name().clone(), invoices.len(), &DataType::String));
        }
        let moments = moments.to_physical_repr();
        let mut texts = DayTexts::default();
        let mut days = StringChunkedBuilder::new(invoices.name().clone(), invoices.len());
        for (invoice, moment) in invoices.str()?.iter().zip(moments.i64()?.iter()) {
            days.append_option(moment.filter(|_| invoice.is_none()).map(|moment| texts.of(moment)));
        }
        Ok(days.finish().into_column())
    };
    let text = of_type(DataType::String);
    invoice.map_many(read, &[moment], move |schema, fields| text(schema, &fields[0]))
}

/// Moments as the canonical frame has them.
pub(super) fn moment_type() -> DataType {
    DataType::Datetime(TimeUnit::Milliseconds, None)
}

/// Plausible moments, in milliseconds.
pub(super) fn moments(column: Expr) -> Expr {
    let read = move |column: Column| {
        let values = Values::of(&column)?;
        let plausible = |at: usize| match values.get(at) {
            Value::Time(milliseconds) => Some(milliseconds).filter(|ms| is_plausible(*ms)),
            _ => None,
        };
        let moments: Int64Chunked = (0..column.len()).map(plausible).collect_ca(column.name().clone());
        Ok(moments.into_datetime(TimeUnit::Milliseconds, None).into_column())
    };
    column.map(read, of_type(moment_type()))
}

/// A whole number with the sign of each number, also of one that no decimal holds.
pub(super) fn signs(column: Expr) -> Expr {
    whole(column, |value| match value {
        Value::Float(number) if number != 0.0 => Some(number.signum() as i64),
        value => Some(number(value).map_or(1, Decimal::signum)),
    })
}

/// Whole pieces, rounded half away from zero; none where the value is no number.
pub(super) fn units(column: Expr) -> Expr {
    whole(column, |value| number(value).map(Decimal::rounded))
}

/// Whole numbers as they are, what `of` makes of others.
fn whole(column: Expr, of: impl Fn(Value<'_>) -> Option<i64> + Send + Sync + 'static) -> Expr {
    let read = move |column: Column| match column.dtype().is_integer() {
        true => column.cast(&DataType::Int64),
        false => present(&column, &of),
    };
    column.map(read, of_type(DataType::Int64))
}

/// Pennies of an amount, or of the product of two columns, exact and rounded once.
pub(super) fn pennies(factors: Vec<Expr>) -> Expr {
    let read = |columns: &mut [Column]| match columns {
        [quantity, price] => products(quantity, price),
        [amount, ..] => present(amount, |value| number(value)?.pennies()),
        [] => Ok(Column::default()),
    };
    let (first, rest) = (factors[0].clone(), &factors[1..]);
    let whole_number = of_type(DataType::Int64);
    first.map_many(read, rest, move |schema, fields| whole_number(schema, &fields[0]))
}

fn products(quantity: &Column, price: &Column) -> PolarsResult<Column> {
    let (quantities, prices) = (Values::of(quantity)?, Values::of(price)?);
    let of = |at: usize| number(quantities.get(at))?.times_pennies(number(prices.get(at))?);
    let products: Int64Chunked = (0..quantity.len()).map(of).collect_ca(quantity.name().clone());
    Ok(products.into_column())
}

/// What `of` makes of the values that are there.
fn present(column: &Column, of: impl Fn(Value<'_>) -> Option<i64>) -> PolarsResult<Column> {
    let values = Values::of(column)?;
    let at = |at: usize| match values.get(at) {
        Value::Null => None,
        value => of(value),
    };
    let numbers: Int64Chunked = (0..column.len()).map(at).collect_ca(column.name().clone());
    Ok(numbers.into_column())
}

/// A typed value says nothing of decimal marks.
fn number(value: Value<'_>) -> Option<Decimal> {
    value.number(DecimalMark::Point, 0, &mut Tally::default())
}

/// The field of a result: its column's name with a type.
fn of_type(kind: DataType) -> impl Fn(&Schema, &Field) -> PolarsResult<Field> + Send + Sync + 'static {
    move |_, field| Ok(Field::new(field.name().clone(), kind.clone()))
}
