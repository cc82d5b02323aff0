//! What a cell shows: pictures and frames.

use plotly::Plot;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, PolarsResult, Series};
use segmentation_lib::wording::bar;

use super::html::{Cell, Html};
use crate::currency::currency;
use crate::explore::Section;
use crate::language::{decimal, integer, money, percent, pick, said, term};

/// Rows of a frame that are shown.
const ROWS: usize = 20;

/// Something that [`show`] can draw.
pub trait Picture {
    /// The plot, or what this data lacks for it.
    fn picture(&self) -> Result<&Plot, &'static str>;
}

impl Picture for Plot {
    fn picture(&self) -> Result<&Plot, &'static str> {
        Ok(self)
    }
}

impl Picture for Section<Plot> {
    fn picture(&self) -> Result<&Plot, &'static str> {
        match self {
            Self::Present(plot) => Ok(plot),
            Self::Skipped(reason) => Err(reason),
        }
    }
}

/// Shows a plot in the cell's output: plotly's own format, which JupyterLab renders without network,
/// and the title as text for viewers that do not. One plot a cell: the kernel keeps only the last of a
/// kind.
pub fn show(picture: &impl Picture) {
    match picture.picture() {
        Ok(plot) => {
            println!(
                "EVCXR_BEGIN_CONTENT application/vnd.plotly.v1+json\n{}\nEVCXR_END_CONTENT",
                plot.to_json()
            );
            println!("EVCXR_BEGIN_CONTENT text/plain\n[plot] {}\nEVCXR_END_CONTENT", title(plot));
        }
        Err(reason) => skipped(reason),
    }
}

fn title(plot: &Plot) -> String {
    let layout = serde_json::to_value(plot.layout()).ok();
    let title = layout.as_ref().and_then(|l| l["title"]["text"].as_str());
    title.unwrap_or("plot").replace("<br>", " ")
}

fn skipped(reason: &str) {
    println!("{}: {reason}", pick("omitido", "skipped"));
}

/// What the kernel calls on the last value of a cell.
pub trait Display {
    /// Writes the value to the cell's output.
    fn evcxr_display(&self);
}

impl Display for DataFrame {
    fn evcxr_display(&self) {
        match frame(self) {
            Ok(html) => html.evcxr_display(),
            // A type that cannot be cast to text has polars' own picture.
            Err(_) => println!("{self}"),
        }
    }
}

impl Display for Section<DataFrame> {
    fn evcxr_display(&self) {
        match self {
            Self::Present(frame) => frame.evcxr_display(),
            Self::Skipped(reason) => skipped(reason),
        }
    }
}

impl Display for Section<Html> {
    fn evcxr_display(&self) {
        match self {
            Self::Present(html) => html.evcxr_display(),
            Self::Skipped(reason) => skipped(reason),
        }
    }
}

/// A frame as a table of its first rows. Columns of names ending in `_pennies` are shown as currency
/// units, in `_share` as percentages with a bar; underscores become spaces.
pub fn frame(frame: &DataFrame) -> PolarsResult<Html> {
    // A frame that names segments in both languages shows them in one.
    let other = pick("segment", "segmento");
    let both = frame.column("segment").is_ok() && frame.column("segmento").is_ok();
    let wanted = frame.columns().iter().filter(|column| !(both && column.name().as_str() == other));
    let columns = wanted.map(shown).collect::<PolarsResult<Vec<_>>>()?;
    let header: Vec<&str> = columns.iter().map(|c| c.header.as_str()).collect();
    let numbers: Vec<usize> = (0..columns.len()).filter(|&i| columns[i].number).collect();
    let rows: Vec<Vec<Cell>> = (0..frame.height().min(ROWS))
        .map(|row| columns.iter().map(|column| column.cells[row].clone()).collect())
        .collect();
    let note = if frame.height() > ROWS {
        said!("{ROWS} de {} linhas", "{ROWS} of {} rows", integer(frame.height() as u64))
    } else {
        String::new()
    };
    Ok(Html::cells(&header, &numbers, &rows, &note))
}

struct Shown {
    header: String,
    number: bool,
    cells: Vec<Cell>,
}

fn shown(column: &Column) -> PolarsResult<Shown> {
    let name = column.name().as_str();
    let words = |name: &str| term(&name.replace('_', " ")).into_owned();
    let head = column.head(Some(ROWS));
    let number = head.dtype().is_primitive_numeric();
    let values = head.as_materialized_series();
    let (header, cells) = if let (Some(label), true) = (name.strip_suffix("_pennies"), number) {
        let pennies = values.cast(&DataType::Float64)?;
        let cells =
            pennies.f64()?.iter().map(|v| Cell::text(v.map_or("-".to_owned(), |v| money(v.round() as i64))));
        (format!("{} ({})", words(label), currency()), cells.collect())
    } else if let (Some(label), true) = (name.strip_suffix("_share"), number) {
        let share = |v: Option<f64>| v.map_or(Cell::text("-"), |v| Cell::with_bar(percent(v), bar(v)));
        let header = match words(label) {
            label if label.ends_with("share") => label,
            label => said!("{} (%)", "{} share", label),
        };
        (header, values.f64()?.iter().map(share).collect())
    } else if name == "agreement" {
        // Adjusted Rand indices move in the second decimal with the optimum that a clustering ends in.
        (
            words(name),
            values.f64()?.iter().map(|v| Cell::text(v.map_or("-".to_owned(), |v| decimal(v, 2)))).collect(),
        )
    } else {
        let digits = digits(values)?;
        let is_id = is_id(name);
        (words(name), values.iter().map(|value| Cell::text(text(&value, digits, is_id))).collect())
    };
    Ok(Shown { header, number, cells })
}

/// Whether a column numbers things: its values are names, without separators of thousands.
fn is_id(name: &str) -> bool {
    let name = name.to_lowercase();
    ["id", "code", "number", "no"].iter().any(|end| name.ends_with(end))
}

/// Decimals that every value of a column is told with: as many as tell the shown ones, up to three.
fn digits(values: &Series) -> PolarsResult<usize> {
    if !values.dtype().is_float() {
        return Ok(0);
    }
    let values = values.cast(&DataType::Float64)?;
    let enough = |digits: usize| {
        values.f64().is_ok_and(|values| {
            values.iter().flatten().all(|v| {
                let (few, all) = (format!("{v:.digits$}"), format!("{v:.3}"));
                few.parse::<f64>() == all.parse::<f64>()
            })
        })
    };
    Ok((0..3).find(|digits| enough(*digits)).unwrap_or(3))
}

fn text(value: &AnyValue<'_>, digits: usize, is_id: bool) -> String {
    match value {
        AnyValue::Null => "-".to_owned(),
        AnyValue::Boolean(yes) => term(if *yes { "yes" } else { "no" }).into_owned(),
        AnyValue::String(text) => term(text).into_owned(),
        AnyValue::Float64(v) if is_id => v.to_string(),
        AnyValue::Float64(v) => float(*v, digits),
        AnyValue::Float32(v) => float(f64::from(*v), digits),
        AnyValue::Datetime(..) => value.to_string().trim_end_matches(" 00:00:00").to_owned(),
        number if number.is_integer() && !is_id => integer(number.extract::<i64>().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn float(value: f64, digits: usize) -> String {
    match value.abs() {
        size if size >= 1e4 => integer(value.round() as i64),
        size if size >= 100.0 => decimal(value, digits.min(1)),
        _ => decimal(value, digits),
    }
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    fn sample() -> DataFrame {
        let frame = df!(
            "country" => [Some("Brazil"), None],
            "revenue_pennies" => [123_456_i64, -5],
            "revenue_share" => [0.75, 0.25],
            "customers" => [1234_u32, 5],
            "is_return" => [true, false],
            "agreement" => [0.5, 12_345.6],
        );
        frame.expect("columns of one length")
    }

    #[test]
    fn columns_are_shown_in_their_units() {
        let table = frame(&sample()).expect("a table");
        let text = table.text();
        assert!(text.starts_with(
            "country\trevenue (currency units)\trevenue share\tcustomers\tis return\tagreement"
        ));
        assert!(text.contains("Brazil\t1,234.56\t75.0 % ███████▌\t1,234\tyes\t0.50"), "{text}");
        assert!(text.contains("-\t-0.05\t25.0 % ██▌\t5\tno\t12345.60"), "{text}");
    }

    #[test]
    fn a_long_frame_says_how_much_of_it_is_shown() {
        let long = df!("id" => (0..1500_i64).collect::<Vec<_>>()).expect("a frame");
        let table = frame(&long).expect("a table");
        assert!(table.html().ends_with("<p>20 of 1,500 rows</p>"), "{}", table.html());
        assert_eq!(table.text().lines().count(), 22);
    }
}
