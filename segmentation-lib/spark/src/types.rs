//! The types of a query's columns: their names as SQL writes them, and which of them a purchase may have.

use std::collections::HashSet;

use spark_connect_proto::DataType;
use spark_connect_proto::data_type::{Decimal, Kind, Struct};

use crate::error::Error;

/// A column of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as SQL writes it: `bigint`, `decimal(10,2)`, `array<string>`.
    pub kind: String,
    /// Whether it can be fetched.
    pub is_flat: bool,
}

/// The columns of a query's schema.
pub fn columns(schema: DataType) -> Vec<Column> {
    let Some(Kind::Struct(Struct { fields, .. })) = schema.kind else { return Vec::new() };
    let column = |name, data_type: Option<DataType>| {
        let kind = data_type.and_then(|data_type| data_type.kind);
        Column { name, kind: name_of(kind.as_ref()), is_flat: kind.as_ref().is_some_and(is_flat) }
    };
    fields.into_iter().map(|field| column(field.name, field.data_type)).collect()
}

/// Whether each column can be fetched, under a name of its own.
///
/// # Errors
/// For the first one that cannot.
pub fn check(columns: &[Column]) -> Result<(), Error> {
    let mut names = HashSet::new();
    for column in columns {
        if !column.is_flat {
            return Err(Error::Type { column: column.name.clone(), kind: column.kind.clone() });
        }
        if !names.insert(&column.name) {
            return Err(Error::Twice { column: column.name.clone() });
        }
    }
    Ok(())
}

fn is_flat(kind: &Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Null(_)
            | Boolean(_)
            | Byte(_)
            | Short(_)
            | Integer(_)
            | Long(_)
            | Float(_)
            | Double(_)
            | Decimal(_)
            | String(_)
            | Char(_)
            | VarChar(_)
            | Date(_)
            | Timestamp(_)
            | TimestampNtz(_)
    )
}

fn name_of(kind: Option<&Kind>) -> String {
    use Kind::*;
    let simple = match kind {
        Some(Null(_)) => "void",
        Some(Binary(_)) => "binary",
        Some(Boolean(_)) => "boolean",
        Some(Byte(_)) => "tinyint",
        Some(Short(_)) => "smallint",
        Some(Integer(_)) => "int",
        Some(Long(_)) => "bigint",
        Some(Float(_)) => "float",
        Some(Double(_)) => "double",
        Some(Decimal(decimal)) => return decimal_name(decimal),
        Some(String(_) | Char(_) | VarChar(_)) => "string",
        Some(Date(_)) => "date",
        Some(Timestamp(_)) => "timestamp",
        Some(TimestampNtz(_)) => "timestamp_ntz",
        Some(Time(_)) => "time",
        Some(CalendarInterval(_) | YearMonthInterval(_) | DayTimeInterval(_)) => "interval",
        Some(Array(array)) => return format!("array<{}>", inner(array.element_type.as_deref())),
        Some(Map(map)) => {
            return format!("map<{},{}>", inner(map.key_type.as_deref()), inner(map.value_type.as_deref()));
        }
        Some(Struct(fields)) => return struct_name(fields),
        Some(Variant(_)) => "variant",
        _ => "unknown",
    };
    simple.to_owned()
}

fn decimal_name(decimal: &Decimal) -> String {
    format!("decimal({},{})", decimal.precision.unwrap_or(10), decimal.scale.unwrap_or(0))
}

fn inner(data_type: Option<&DataType>) -> String {
    name_of(data_type.and_then(|data_type| data_type.kind.as_ref()))
}

fn struct_name(fields: &Struct) -> String {
    let field = |field: &spark_connect_proto::data_type::StructField| {
        format!("{}:{}", field.name, inner(field.data_type.as_ref()))
    };
    format!("struct<{}>", fields.fields.iter().map(field).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use spark_connect_proto::data_type::{Array, Long, StructField};

    use super::*;

    fn of(kind: Kind) -> DataType {
        DataType { kind: Some(kind) }
    }

    fn schema(fields: &[(&str, Kind)]) -> Vec<Column> {
        let field = |(name, kind): &(&str, Kind)| StructField {
            name: (*name).to_owned(),
            data_type: Some(of(kind.clone())),
            ..StructField::default()
        };
        let fields = fields.iter().map(field).collect();
        columns(of(Kind::Struct(Struct { fields, ..Struct::default() })))
    }

    fn long() -> Kind {
        Kind::Long(Long::default())
    }

    #[test]
    fn types_are_named_as_sql_writes_them() {
        let decimal = Decimal { precision: Some(12), scale: Some(2), ..Decimal::default() };
        let longs = Array { element_type: Some(Box::new(of(long()))), ..Array::default() };
        let found =
            schema(&[("a", long()), ("b", Kind::Decimal(decimal)), ("c", Kind::Array(Box::new(longs)))]);
        let kinds: Vec<&str> = found.iter().map(|column| column.kind.as_str()).collect();
        assert_eq!(kinds, ["bigint", "decimal(12,2)", "array<bigint>"]);
    }

    #[test]
    fn a_nested_column_is_refused_with_the_way_out() {
        let found = schema(&[("id", long()), ("tags", Kind::Array(Box::default()))]);
        let error = check(&found).expect_err("nested").to_string();
        assert!(error.starts_with("column tags has the type array<unknown>"), "{error}");
        assert!(error.contains("CAST(tags AS STRING)"), "{error}");
    }

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        let error = check(&schema(&[("id", long()), ("id", long())])).expect_err("twice");
        assert!(matches!(error, Error::Twice { column } if column == "id"));
    }
}
