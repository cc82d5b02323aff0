//! The values of a typed column, one by one.

use polars::prelude::*;

use super::field::Field;
use super::mapping::Role;

/// Roles whose values tell something apart.
const IDS: [Role; 3] = [Role::Customer, Role::Invoice, Role::Product];

/// Below it every whole number is a single float of its own.
const EXACT_SINGLE: f32 = 16_777_216.0;

/// A column in the form that fields are made of.
pub(super) enum Values {
    Text(StringChunked),
    Int(Int64Chunked),
    Float(Float64Chunked),
    Decimal(Int128Chunked, usize),
    Time(Int64Chunked),
    Null,
}

impl Values {
    pub fn of(column: &Column) -> PolarsResult<Self> {
        let series = column.as_materialized_series().rechunk();
        Ok(match series.dtype() {
            DataType::Null => Self::Null,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::int(&series)?,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Self::int(&series)?,
            DataType::Float32 => Self::Float(shortest(series.f32()?)),
            DataType::Float64 => Self::Float(series.f64()?.clone()),
            DataType::Decimal(_, scale) => {
                let scale = *scale;
                Self::Decimal(series.decimal()?.physical().clone(), scale)
            }
            DataType::Date => Self::time(&series, None)?,
            DataType::Datetime(_, zone) => Self::time(&series, zone.clone())?,
            _ => Self::Text(series.cast(&DataType::String)?.str()?.clone()),
        })
    }

    /// The values of a role's column.
    pub fn of_role(column: &Column, role: Role) -> PolarsResult<Self> {
        if IDS.contains(&role) { Self::ids(column) } else { Self::of(column) }
    }

    /// Values that tell something apart. A single float beyond 2^24 stands for several whole numbers, and as a double of
    /// its own it would tell them apart no more: it is text as a spreadsheet shortens it.
    pub fn ids(column: &Column) -> PolarsResult<Self> {
        let Ok(floats) = column.f32() else { return Self::of(column) };
        let text = |value: f32| match value.abs() >= EXACT_SINGLE {
            true => format!("{value:E}").replace('E', "E+"),
            false => value.to_string(),
        };
        let mut texts = StringChunkedBuilder::new(column.name().clone(), column.len());
        for value in floats.iter() {
            texts.append_option(value.filter(|value| !value.is_nan()).map(text));
        }
        Ok(Self::Text(texts.finish()))
    }

    fn int(series: &Series) -> PolarsResult<Self> {
        Ok(Self::Int(series.cast(&DataType::Int64)?.i64()?.clone()))
    }

    /// As on the clock of the column's time zone, where it has one.
    fn time(series: &Series, zone: Option<TimeZone>) -> PolarsResult<Self> {
        let moments = match zone {
            None => series.clone(),
            Some(_) => {
                let (strict, times) = (StringChunked::from_iter(["raise"]), series.datetime()?);
                replace_time_zone(times, None, &strict, NonExistent::Raise)?.into_series()
            }
        };
        let moments = moments.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?;
        Ok(Self::Time(moments.to_physical_repr().i64()?.clone()))
    }

    #[inline]
    pub fn get(&self, at: usize) -> Field<'_> {
        match self {
            Self::Text(values) => values.get(at).map_or(Field::Null, Field::text),
            Self::Int(values) => values.get(at).map_or(Field::Null, Field::Int),
            Self::Float(values) => values.get(at).filter(|v| !v.is_nan()).map_or(Field::Null, Field::Float),
            Self::Decimal(values, scale) => values.get(at).map_or(Field::Null, |v| Field::Decimal(v, *scale)),
            Self::Time(values) => values.get(at).map_or(Field::Null, Field::Time),
            Self::Null => Field::Null,
        }
    }
}

/// The doubles that print as the floats do: 2.55, not 2.549999952316284.
fn shortest(values: &Float32Chunked) -> Float64Chunked {
    values
        .iter()
        .map(|value| value.map(|value| value.to_string().parse().unwrap_or_else(|_| f64::from(value))))
        .collect_ca(values.name().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_float_beyond_its_precision_is_no_id() {
        let floats = [17_850.0, 12.5, 20_010_001_i32 as f32, f32::NAN];
        let column = Float32Chunked::from_slice("id".into(), &floats).into_column();
        let ids = Values::ids(&column).expect("floats");
        let shown: Vec<Option<String>> =
            (0..4).map(|at| ids.get(at).id(&mut String::new()).map(str::to_owned)).collect();
        let expected = [Some("17850"), Some("12.5"), Some("2.001E+7"), None];
        assert_eq!(shown, expected.map(|id| id.map(str::to_owned)));
    }

    #[test]
    fn a_float_is_the_number_it_prints_as() {
        let floats = Float32Chunked::from_slice("price".into(), &[2.55]);
        assert_eq!(shortest(&floats).get(0), Some(2.55));
    }
}
