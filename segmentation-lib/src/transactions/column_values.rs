//! The values of a typed column, one by one.

use polars::prelude::*;

use super::field::Field;

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

    fn int(series: &Series) -> PolarsResult<Self> {
        Ok(Self::Int(series.cast(&DataType::Int64)?.i64()?.clone()))
    }

    fn time(series: &Series, zone: Option<TimeZone>) -> PolarsResult<Self> {
        let moments = series.cast(&DataType::Datetime(TimeUnit::Milliseconds, zone))?;
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
    fn a_float_is_the_number_it_prints_as() {
        let floats = Float32Chunked::from_slice("price".into(), &[2.55]);
        assert_eq!(shortest(&floats).get(0), Some(2.55));
    }
}
