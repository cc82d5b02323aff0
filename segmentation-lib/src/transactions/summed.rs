//! Customers summed elsewhere: one row each, as the text of the features gives it on any engine.
//!
//! What the transactions themselves are needed for (the look-back, the forecast and its trial, the best products) is not
//! in a run of them, and a warning says so. The sums by rule that the text of the ledger gives are read too, where there
//! are any.

mod rows;
mod sums;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use chrono::NaiveDateTime;
use polars::prelude::*;

use self::rows::{checked, typed};
use super::descriptions::Descriptions;
use super::error::TransactionsError;
use super::ledger::Ledger;
use super::sources::{self, Source};
use super::spill::Stored;
use super::{Decision, Losses, PresentColumns, ReadOptions, TableColumns, Transactions};
use crate::progress::Progress;
use crate::record::{Counted, InputFile, LedgerLine, Localized, Warning, WarningKind};
use crate::regular_file;

/// Reads customers summed elsewhere from Parquet files, and the ledger of what was cleaned there.
///
/// The columns are those of [`features.sql`](crate::features::SQL): `customer_id`; `first_purchase`, `last_purchase`
/// (null where nothing was purchased), `first_transaction`, `last_transaction`; `frequency`, `lines`, `return_lines`,
/// `units`, `net_pennies`, `purchased_pennies`, `products`. Others are not used. Those of the ledger are
/// `customer_id`, `rule`, `lines`, `pennies`.
///
/// # Errors
/// A column that is missing or of another type; a customer who has two rows or none, or counts that cannot be.
pub fn read_customers(
    inputs: &[PathBuf],
    ledger: Option<&Path>,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TransactionsError> {
    let found = sources::find(inputs)?;
    let mut frames = Vec::new();
    for source in &found.sources {
        progress.check()?;
        let frame = typed(parquet(&source.path, &source.place)?, &source.place)?;
        frames.push(checked(frame, &source.place)?.lazy());
    }
    let all = concat(frames, UnionArgs::default())?;
    let all = all.sort(["customer_id"], SortMultipleOptions::default()).collect()?;
    rows::refuse_two_rows(&all)?;
    let mut read = of_customers(all)?;
    read.currency.clone_from(&options.currencies.keep);
    read.inputs = found.sources.iter().map(file).collect::<Result<_, _>>()?;
    let names = read.inputs.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    read.parameters.insert("customers".to_owned(), names.into());
    read.decisions.extend(found.decision());
    match ledger {
        None => read.warnings.push(without_ledger()),
        Some(path) => read.add_ledger(path)?,
    }
    Ok(read)
}

impl Transactions {
    /// Takes the sums of what was cleaned elsewhere in place of a ledger of the customers alone.
    fn add_ledger(&mut self, path: &Path) -> Result<(), TransactionsError> {
        let source = Source::named(path.to_owned());
        let read = sums::ledger(&parquet(path, &source.place)?, &source.place)?;
        sums::refuse_another(&read, &self.ledger, &source.place)?;
        self.losses = Losses::of(&read, 0);
        self.ledger = read;
        self.inputs.push(file(&source)?);
        self.parameters.insert("ledger".to_owned(), source.place.into());
        Ok(())
    }
}

/// Transactions of which only the sums are known.
fn of_customers(summed: DataFrame) -> Result<Transactions, TransactionsError> {
    let lines: i64 = summed.column("lines")?.i64()?.sum().unwrap_or_default();
    let money: i64 = summed.column("net_pennies")?.i64()?.sum().unwrap_or_default();
    let (first, last) = purchases(&summed)?;
    let customers = summed.height() as u64;
    let line = |rule| LedgerLine { rule, rows: lines.unsigned_abs(), customers, amount_pennies: money };
    let stored = Stored::Memory(no_rows());
    Ok(Transactions {
        descriptions: Descriptions::default(),
        frame: stored.lazy()?,
        stored,
        ledger: Ledger { lines: vec![line(Counted::Input), line(Counted::Kept)], examples: Vec::new() },
        inputs: Vec::new(),
        rows: lines.unsigned_abs(),
        customers,
        first,
        last,
        columns: present(&summed)?,
        decisions: vec![decision()],
        warnings: vec![without_transactions()],
        losses: Losses::default(),
        currency: None,
        tables: vec![TableColumns {
            place: "customers".to_owned(),
            roles: [("customer", "customer_id".to_owned())].into(),
            unused: Vec::new(),
        }],
        parameters: Default::default(),
        summed: Some(summed),
        _fetched: None,
    })
}

/// The first and the last purchase of all.
fn purchases(summed: &DataFrame) -> Result<(NaiveDateTime, NaiveDateTime), TransactionsError> {
    let moment = |ms: i64| chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc();
    let physical = |name: &str| Ok::<_, PolarsError>(summed.column(name)?.to_physical_repr().i64()?.clone());
    let ends = physical("first_purchase")?.min().zip(physical("last_purchase")?.max());
    let (first, last) = ends.ok_or(TransactionsError::NoCustomerPurchased)?;
    Ok((moment(first), moment(last)))
}

/// What the sums show to have been there.
fn present(summed: &DataFrame) -> PolarsResult<PresentColumns> {
    let any = |name: &str| {
        Ok::<_, PolarsError>(summed.column(name)?.i64()?.iter().any(|sum| sum.is_some_and(|sum| sum != 0)))
    };
    Ok(PresentColumns {
        money: any("net_pennies")? || any("purchased_pennies")?,
        invoice: true,
        product: any("products")?,
        quantity: any("units")?,
        country: false,
    })
}

/// The canonical table without a row.
fn no_rows() -> DataFrame {
    let moment = DataType::Datetime(TimeUnit::Milliseconds, None);
    DataFrame::empty_with_schema(&Schema::from_iter([
        Field::new("customer_id".into(), DataType::String),
        Field::new("purchase_id".into(), DataType::String),
        Field::new("purchased_at".into(), moment),
        Field::new("product".into(), DataType::String),
        Field::new("country".into(), DataType::String),
        Field::new("quantity".into(), DataType::Int64),
        Field::new("amount_pennies".into(), DataType::Int64),
        Field::new("is_return".into(), DataType::Boolean),
    ]))
}

fn parquet(path: &Path, place: &str) -> Result<DataFrame, TransactionsError> {
    let file = regular_file::open(path).map_err(|error| TransactionsError::io(place, error))?;
    ParquetReader::new(file).finish().map_err(|error| TransactionsError::damaged(place, "Parquet", error))
}

fn file(source: &Source) -> Result<InputFile, TransactionsError> {
    sources::digest(source, &AtomicBool::new(false))
}

fn decision() -> Decision {
    Decision {
        topic: "columns",
        text: Localized {
            en: "customers are read as they were summed elsewhere, one row each".to_owned(),
            pt_br: "os clientes são lidos já somados em outro lugar, uma linha por cliente".to_owned(),
        },
    }
}

fn without_transactions() -> Warning {
    Warning {
        kind: WarningKind::SummedElsewhere,
        text: Localized {
            en: "the customers were summed elsewhere: without their transactions there is no look-back, no forecast with its \
                 trial and no best products, and the usual days between purchases are those between each customer's first \
                 and last, divided evenly"
                .to_owned(),
            pt_br: "os clientes foram somados em outro lugar: sem as transações não há olhar para trás, nem previsão com seu \
                    teste, nem produtos de destaque, e os dias habituais entre compras são os da primeira à última compra de \
                    cada cliente, divididos por igual"
                .to_owned(),
        },
    }
}

fn without_ledger() -> Warning {
    Warning {
        kind: WarningKind::SummedElsewhere,
        text: Localized {
            en: "no ledger came with the customers: what the cleaning elsewhere removed is not known".to_owned(),
            pt_br: "nenhum registro da limpeza acompanha os clientes: não se sabe o que a limpeza feita em outro lugar removeu"
                .to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
