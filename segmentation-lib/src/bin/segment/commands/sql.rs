//! `segment sql`: the texts to run where the purchases are.

use std::path::Path;

use segmentation_lib::features::SQL;
use segmentation_lib::look_back::DAYS;
use segmentation_lib::tables::{self, Address};
use segmentation_lib::transactions::{ColumnRef, Dialect, Texts, parquet_columns, texts};

use super::reading;
use crate::args::{DialectArg, Global, SqlArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// The table's name where none is known.
const SALES: &str = "sales";

pub fn execute(args: &SqlArgs, global: &Global) -> Result<()> {
    let options = reading::options(&args.read)?;
    let dialect = match args.dialect {
        DialectArg::Spark => Dialect::Spark,
        DialectArg::DuckDb => Dialect::DuckDb,
        DialectArg::Postgres => Dialect::Postgres,
    };
    let (columns, from) = match args.input.as_deref() {
        None => (named(&options.mapping)?, SALES.to_owned()),
        Some(input) => source(input, args, dialect, global)?,
    };
    let made = texts(dialect, args.from.as_deref().unwrap_or(&from), &columns, SQL, &options)?;
    let earlier = options.reference.map(|date| made.earlier(date.days_before(DAYS), date));
    if global.json {
        return output::json(&serde_json::json!({
            "views": made.views(), "ledger": made.ledger(), "features": made.features(), "gaps": made.gaps(),
            "earlier": earlier,
        }));
    }
    print(&made, earlier.as_deref());
    Ok(())
}

fn print(made: &Texts, earlier: Option<&str>) {
    println!("-- 1. Views: every line with its rule, and the lines that are kept\n{}", made.views());
    println!("-- 2. The ledger: save as ledger.parquet, for --ledger\n{};\n", made.ledger());
    println!("-- 3. The customers: save as Parquet, for --customers\n{};\n", made.features());
    println!("-- 4. The days between purchases: save as gaps.parquet, for --gaps\n{};", made.gaps());
    match earlier {
        Some(text) => {
            println!("\n-- 5. The customers of {DAYS} days before: save as Parquet, for --earlier\n{text};")
        }
        None => println!(
            "\n-- 5. --reference-date DATE adds the customers of {DAYS} days before, for the look-back (--earlier)"
        ),
    }
}

/// The columns that --column names, where nothing else says which there are.
fn named(mapping: &segmentation_lib::transactions::ColumnMapping) -> Result<Vec<String>> {
    let name = |column: &ColumnRef| match column {
        ColumnRef::Name(name) => Some(name.clone()),
        ColumnRef::Position(_) | ColumnRef::Absent => None,
    };
    let columns: Vec<String> = mapping.iter().filter_map(|(_, column)| name(column)).collect();
    if columns.is_empty() {
        return Err(Failure::Unusable(
            "no columns are known; --input FILE or an address names the table, --column ROLE=NAME each column".to_owned(),
        ));
    }
    Ok(columns)
}

/// The columns of the input, and what stands behind FROM.
fn source(input: &Path, args: &SqlArgs, dialect: Dialect, global: &Global) -> Result<(Vec<String>, String)> {
    let text = input.to_string_lossy();
    if tables::is_address(&text) {
        let progress = crate::progress::start(global)?;
        let address = Address::parse(&text)?;
        let what = reading::what(&args.read).ok_or_else(|| reading::unnamed(&address))?;
        return Ok((tables::columns(&address, &what, &progress)?, what.as_source()));
    }
    let from = match dialect {
        Dialect::Spark => format!("parquet.`{text}`"),
        Dialect::DuckDb => format!("read_parquet('{}')", text.replace('\'', "''")),
        Dialect::Postgres => SALES.to_owned(),
    };
    Ok((parquet_columns(input)?, from))
}
