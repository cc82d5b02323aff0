//! Key figures, by which a notebook's run is compared with the recorded one.

use polars::prelude::{DataFrame, DataType, PolarsResult};

/// One value of a frame, for the figures at the end of a notebook.
pub fn figure(frame: &DataFrame, column: &str, row: usize) -> PolarsResult<f64> {
    let values = frame.column(column)?.cast(&DataType::Float64)?;
    Ok(values.f64()?.iter().nth(row).flatten().unwrap_or(f64::NAN))
}

/// Ends a notebook: key figures as one JSON line and the mark that every cell ran. The check of the
/// notebooks compares the figures with the committed ones.
pub fn finish(figures: &[(&str, f64)]) {
    let figures: std::collections::BTreeMap<&str, f64> = figures.iter().copied().collect();
    println!("figures: {}", serde_json::json!(figures));
    println!("notebook finished");
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn one_value_is_read_as_a_number() {
        let frame = df!("customers" => [1234_u32, 5]).expect("a frame");
        assert_eq!(figure(&frame, "customers", 1).expect("there"), 5.0);
        assert!(figure(&frame, "customers", 9).expect("beyond the end").is_nan());
        assert!(figure(&frame, "profit", 0).is_err());
    }
}
