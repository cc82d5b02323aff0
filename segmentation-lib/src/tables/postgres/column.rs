//! PostgreSQL's types as columns of a file.

use polars::prelude::*;
use tokio_postgres::types::{Kind as Family, Type};

use super::numeric::{self, DIGITS, Numeric};

/// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const DAYS: i32 = 10_957;
const MICROSECONDS: i64 = DAYS as i64 * 86_400_000_000;

/// The bytes before a `numeric`'s declared digits.
const HEADER: i32 = 4;

/// A type that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// With its digits behind the point, where they are declared.
    Numeric(Option<usize>),
    Text,
    Uuid,
    Date,
    Timestamp,
    /// With a time zone: a moment.
    Timestamptz,
}

impl Kind {
    pub fn is_zoned(self) -> bool {
        self == Self::Timestamptz
    }

    /// The column's type in the file.
    pub fn in_file(self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int2 => DataType::Int16,
            Self::Int4 => DataType::Int32,
            Self::Int8 => DataType::Int64,
            Self::Float4 => DataType::Float32,
            Self::Float8 => DataType::Float64,
            Self::Numeric(scale) => DataType::Decimal(DIGITS as usize, scale.unwrap_or_default()),
            Self::Text | Self::Uuid => DataType::String,
            Self::Date => DataType::Date,
            Self::Timestamp | Self::Timestamptz => DataType::Datetime(TimeUnit::Microseconds, None),
        }
    }
}

/// The kind of a type with its modifier; none where it is not read. A domain is what it stands for, an enumeration's
/// values are text.
pub(super) fn kind((of, modifier): &(Type, i32)) -> Option<Kind> {
    match of.kind() {
        Family::Domain(inner) => return kind(&(inner.clone(), *modifier)),
        Family::Enum(_) => return Some(Kind::Text),
        _ => {}
    }
    Some(match *of {
        Type::BOOL => Kind::Bool,
        Type::INT2 => Kind::Int2,
        Type::INT4 => Kind::Int4,
        Type::INT8 => Kind::Int8,
        Type::FLOAT4 => Kind::Float4,
        Type::FLOAT8 => Kind::Float8,
        Type::NUMERIC => Kind::Numeric(declared_scale(*modifier)),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => Kind::Text,
        Type::UUID => Kind::Uuid,
        Type::DATE => Kind::Date,
        Type::TIMESTAMP => Kind::Timestamp,
        Type::TIMESTAMPTZ => Kind::Timestamptz,
        _ if of.name() == "citext" => Kind::Text,
        _ => return None,
    })
}

/// The digits behind the point of a declared `numeric(p, s)`; since version 15 they may be negative.
fn declared_scale(modifier: i32) -> Option<usize> {
    let scale = (modifier.checked_sub(HEADER).filter(|declared| *declared >= 0)? & 0x7ff) ^ 0x400;
    Some(usize::try_from(scale - 0x400).unwrap_or_default())
}

/// A type to cast a type to that is not read.
pub(super) fn instead(kind: &str) -> &'static str {
    match kind {
        "money" => "numeric(20, 2)",
        "time" | "timetz" | "interval" => "text",
        "abstime" => "timestamp",
        _ => "text",
    }
}

/// The values of a column, until they are written.
pub(super) enum Values {
    Bool(Vec<Option<bool>>),
    Int2(Vec<Option<i16>>),
    Int4(Vec<Option<i32>>),
    Int8(Vec<Option<i64>>),
    Float4(Vec<Option<f32>>),
    Float8(Vec<Option<f64>>),
    Numeric(Vec<Option<i128>>, u32),
    Text(StringChunkedBuilder),
    Uuid(StringChunkedBuilder),
    Date(Vec<Option<i32>>),
    Moment(Vec<Option<i64>>),
}

impl Values {
    pub fn new(kind: Kind, rows: usize) -> Self {
        let text = || StringChunkedBuilder::new(PlSmallStr::EMPTY, rows);
        match kind {
            Kind::Bool => Self::Bool(Vec::with_capacity(rows)),
            Kind::Int2 => Self::Int2(Vec::with_capacity(rows)),
            Kind::Int4 => Self::Int4(Vec::with_capacity(rows)),
            Kind::Int8 => Self::Int8(Vec::with_capacity(rows)),
            Kind::Float4 => Self::Float4(Vec::with_capacity(rows)),
            Kind::Float8 => Self::Float8(Vec::with_capacity(rows)),
            Kind::Numeric(scale) => Self::Numeric(
                Vec::with_capacity(rows),
                u32::try_from(scale.unwrap_or_default()).unwrap_or(DIGITS),
            ),
            Kind::Text => Self::Text(text()),
            Kind::Uuid => Self::Uuid(text()),
            Kind::Date => Self::Date(Vec::with_capacity(rows)),
            Kind::Timestamp | Kind::Timestamptz => Self::Moment(Vec::with_capacity(rows)),
        }
    }

    /// Adds a value as it was sent.
    pub fn push(&mut self, sent: Option<&[u8]>) -> Result<(), String> {
        match self {
            Self::Bool(values) => values.push(word(sent)?.map(|[byte]: [u8; 1]| byte != 0)),
            Self::Int2(values) => values.push(word(sent)?.map(i16::from_be_bytes)),
            Self::Int4(values) => values.push(word(sent)?.map(i32::from_be_bytes)),
            Self::Int8(values) => values.push(word(sent)?.map(i64::from_be_bytes)),
            Self::Float4(values) => values.push(word(sent)?.map(f32::from_be_bytes)),
            Self::Float8(values) => values.push(word(sent)?.map(f64::from_be_bytes)),
            Self::Numeric(values, scale) => {
                values.push(sent.map(|sent| units(sent, *scale)).transpose()?.flatten())
            }
            Self::Text(values) => values.append_option(sent.map(text).transpose()?),
            Self::Uuid(values) => values.append_option(word(sent)?.map(uuid)),
            // Infinite dates are none.
            Self::Date(values) => values.push(
                word(sent)?
                    .map(i32::from_be_bytes)
                    .filter(|days| *days > i32::MIN)
                    .and_then(|days| days.checked_add(DAYS)),
            ),
            Self::Moment(values) => values.push(
                word(sent)?
                    .map(i64::from_be_bytes)
                    .filter(|micros| *micros > i64::MIN)
                    .and_then(|micros| micros.checked_add(MICROSECONDS)),
            ),
        }
        Ok(())
    }

    /// The values as a column of this name.
    pub fn into_column(self, name: &str, kind: Kind) -> PolarsResult<Column> {
        let name = PlSmallStr::from(name);
        let series = match self {
            Self::Bool(values) => Series::new(name, values),
            Self::Int2(values) => Series::new(name, values),
            Self::Int4(values) => Series::new(name, values),
            Self::Int8(values) => Series::new(name, values),
            Self::Float4(values) => Series::new(name, values),
            Self::Float8(values) => Series::new(name, values),
            Self::Numeric(values, scale) => {
                let units = Int128Chunked::from_iter_options(name, values.into_iter());
                units.into_decimal_unchecked(DIGITS as usize, scale as usize).into_series()
            }
            Self::Text(values) | Self::Uuid(values) => values.finish().into_series().with_name(name),
            Self::Date(values) => Series::new(name, values).cast(&DataType::Date)?,
            Self::Moment(values) => Series::new(name, values).cast(&kind.in_file())?,
        };
        Ok(series.into_column())
    }
}

/// The bytes of a value of fixed size.
fn word<const N: usize>(sent: Option<&[u8]>) -> Result<Option<[u8; N]>, String> {
    let fixed = |sent: &[u8]| {
        <[u8; N]>::try_from(sent).map_err(|_| format!("{} bytes came where {N} were expected", sent.len()))
    };
    sent.map(fixed).transpose()
}

fn text(sent: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(sent).map_err(|_| {
        "the text is no UTF-8; the database's encoding is SQL_ASCII, a query with convert_from helps"
            .to_owned()
    })
}

fn units(sent: &[u8], scale: u32) -> Result<Option<i128>, String> {
    match numeric::read(sent, scale) {
        Numeric::Units(units) => Ok(Some(units)),
        // As in a file, where it is a missing value too.
        Numeric::NoNumber => Ok(None),
        Numeric::TooLong => Err(format!(
            "the number has more than {DIGITS} digits with {scale} behind the point; a query that rounds it helps, \
             such as round(…, 2)"
        )),
        Numeric::Damaged => Err("the bytes that came are no numeric".to_owned()),
    }
}

fn uuid(bytes: [u8; 16]) -> String {
    let hex = crate::record::hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind, sent: &[Option<&[u8]>]) -> Column {
        let mut values = Values::new(kind, sent.len());
        sent.iter().for_each(|value| values.push(*value).expect("a value"));
        values.into_column("c", kind).expect("a column")
    }

    fn shown(kind: Kind, sent: &[u8]) -> String {
        let column = column(kind, &[Some(sent), None]);
        assert_eq!((column.dtype(), column.null_count()), (&kind.in_file(), 1), "{kind:?}");
        column.get(0).expect("a row").to_string()
    }

    #[test]
    fn values_are_those_that_were_sent() {
        assert_eq!(shown(Kind::Bool, &[1]), "true");
        assert_eq!(shown(Kind::Int4, &(-5_i32).to_be_bytes()), "-5");
        assert_eq!(shown(Kind::Float8, &2.5_f64.to_be_bytes()), "2.5");
        assert_eq!(shown(Kind::Text, "é".as_bytes()), "\"é\"");
        assert_eq!(shown(Kind::Date, &(-10_957_i32).to_be_bytes()), "1970-01-01");
        assert_eq!(shown(Kind::Timestamp, &1_000_000_i64.to_be_bytes()), "2000-01-01 00:00:01");
        assert_eq!(shown(Kind::Numeric(Some(2)), &[0, 1, 0, 0, 0, 0, 0, 2, 0, 7]), "7.00");
        let id = shown(Kind::Uuid, &std::array::from_fn::<u8, 16, _>(|at| at as u8));
        assert_eq!(id, "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"");
    }

    #[test]
    fn infinite_dates_are_missing() {
        let ends = [i32::MAX.to_be_bytes(), i32::MIN.to_be_bytes()];
        assert_eq!(column(Kind::Date, &ends.each_ref().map(|end| Some(&end[..]))).null_count(), 2);
        let ends = [i64::MAX.to_be_bytes(), i64::MIN.to_be_bytes()];
        assert_eq!(column(Kind::Timestamptz, &ends.each_ref().map(|end| Some(&end[..]))).null_count(), 2);
    }

    #[test]
    fn declared_digits_are_read_from_the_modifier() {
        assert_eq!(declared_scale(((10 << 16) | 2) + 4), Some(2));
        assert_eq!(declared_scale(((5 << 16) | 0x7fd) + 4), Some(0), "numeric(5, -3) is whole");
        assert_eq!(declared_scale(-1), None);
    }

    #[test]
    fn what_cannot_be_held_is_said() {
        let wrong = |kind, sent: &[u8]| Values::new(kind, 1).push(Some(sent)).expect_err("refused");
        assert!(wrong(Kind::Text, &[0xff]).contains("no UTF-8"));
        assert!(wrong(Kind::Int4, &[0]).contains("1 bytes came where 4 were expected"));
        assert!(
            wrong(Kind::Numeric(Some(0)), &[0, 1, 0, 40, 0, 0, 0, 0, 0, 1]).contains("more than 38 digits")
        );
    }
}
