//! Customers summed elsewhere: one row each, as the text of the features gives it on any engine.
//!
//! What the transactions themselves are needed for (the forecast and its trial, the best products) is not in a run of
//! them, and a warning says so. The other texts' answers are read too, where there are any: the sums by rule give the
//! ledger, the days between purchases the pace of the shop, the customers of an earlier day the look-back.

mod earlier;
mod numbers;
mod rows;
mod sums;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use chrono::NaiveDateTime;
use polars::prelude::*;

pub use self::earlier::Earlier;
use self::rows::{checked, number, typed};
use super::descriptions::Descriptions;
use super::error::TransactionsError;
use super::ledger::Ledger;
use super::sources::{self, Source};
use super::spill::Stored;
use super::{
    Decision, Losses, Origin, PresentColumns, ReadOptions, ReferenceDate, TableColumns, Transactions,
};
use crate::progress::Progress;
use crate::record::{Counted, InputFile, LedgerLine, Localized, Warning, WarningKind};
use crate::regular_file;
use crate::temporary::TemporaryDirectory;

/// What is known of transactions that were summed elsewhere.
#[derive(Debug)]
pub struct Summed {
    /// One row per customer, ascending by id, with the columns of [`features.sql`](crate::features::SQL).
    pub customers: DataFrame,
    /// The days between one purchase day and the next of the same customer, and how often each number occurs.
    pub gaps: Option<Vec<(u32, u64)>>,
    /// The customers of an earlier day.
    pub earlier: Option<Earlier>,
}

/// Parquet files of what was summed elsewhere, each the answer to one of the [`Texts`](super::Texts) or a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummedFiles {
    /// One row per customer.
    pub customers: Vec<PathBuf>,
    /// What each rule removed and left, by customer; may be none.
    pub ledger: Vec<PathBuf>,
    /// The days between purchases; may be none.
    pub gaps: Vec<PathBuf>,
    /// The customers of the day that a look-back begins on; may be none.
    pub earlier: Vec<PathBuf>,
}

impl SummedFiles {
    /// Those beside the customers, by the flags that name them.
    fn further(&self) -> [(&'static str, &[PathBuf]); 3] {
        [("ledger", &self.ledger), ("gaps", &self.gaps), ("earlier", &self.earlier)]
    }
}

/// Customers that were summed elsewhere, read and checked.
#[derive(Debug)]
pub struct SummedCustomers {
    /// One row each, ascending by id.
    rows: DataFrame,
    inputs: Vec<InputFile>,
}

impl SummedCustomers {
    /// Reads those that a database has summed of one of its tables, from Parquet files. Cost: one pass over the files,
    /// and one over their bytes for their checksums.
    ///
    /// # Errors
    /// As [`read_customers`]; there is no customer.
    pub fn pushed_down(
        origin: &Origin,
        files: &[PathBuf],
        progress: &Progress,
    ) -> Result<Self, TransactionsError> {
        let table = sources::Found::table(origin.to_string(), files);
        Self::read(&table.ok_or(TransactionsError::NoCustomerPurchased)?.sources, progress)
    }

    fn read(sources: &[Source], progress: &Progress) -> Result<Self, TransactionsError> {
        let mut frames = Vec::new();
        for source in sources {
            for path in source.files() {
                progress.check()?;
                let frame = typed(&parquet(path, &source.place)?, &source.place)?;
                frames.push(checked(frame, &source.place)?.lazy());
            }
        }
        let all = concat(frames, UnionArgs::default())?;
        let rows = all.sort(["customer_id"], SortMultipleOptions::default()).collect()?;
        rows::refuse_two_rows(&rows)?;
        let inputs = sources.iter().map(file).collect::<Result<_, _>>()?;
        Ok(Self { rows, inputs })
    }

    /// The reference date that follows from them: the day after the last purchase, or after what was taken back later
    /// than that.
    ///
    /// # Errors
    /// Nobody purchased.
    pub fn reference(&self) -> Result<ReferenceDate, TransactionsError> {
        let last = |name: &str| Ok::<_, PolarsError>(self.rows.column(name)?.to_physical_repr().i64()?.max());
        let [purchase, line] = [last("last_purchase")?, last("last_transaction")?]
            .map(|last| last.map(|last| ReferenceDate::day_after(moment(last))));
        let (purchase, line) = purchase.zip(line).ok_or(TransactionsError::NoCustomerPurchased)?;
        // A line of the day after the last purchase is not after it.
        Ok(if line.days_before(1).day() > purchase.day() { line } else { purchase })
    }
}

/// Reads customers summed elsewhere from Parquet files, and what else was summed there.
///
/// The columns of the customers are those of [`features.sql`](crate::features::SQL): `customer_id`; `first_purchase`,
/// `last_purchase` (null where nothing was purchased), `first_transaction`, `last_transaction`; `frequency`, `lines`,
/// `return_lines`, `units`, `net_pennies`, `purchased_pennies`, `products`. Others are not used. Those of the ledger are
/// `customer_id`, `rule`, `lines`, `pennies`; of the gaps `gap` (days), `times`; of the earlier customers those of the
/// customers, `later_purchases`, `later_pennies` and `cut_off`.
///
/// # Errors
/// A column that is missing or of another type; a customer who has two rows or none, or counts that cannot be.
pub fn read_customers(
    files: &SummedFiles,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TransactionsError> {
    let found = sources::find(&files.customers)?;
    let mut read = with_sums(SummedCustomers::read(&found.sources, progress)?, files, options)?;
    let names = read.inputs.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    read.parameters.insert("customers".to_owned(), names.into());
    for (flag, paths) in files.further().into_iter().filter(|(_, paths)| !paths.is_empty()) {
        let further: Vec<InputFile> =
            paths.iter().map(|path| file(&Source::named(path.clone()))).collect::<Result<_, _>>()?;
        let names = further.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
        read.parameters.insert(flag.to_owned(), names.into());
        read.inputs.extend(further);
    }
    read.decisions.extend(found.decision());
    Ok(read)
}

/// Joins the customers that a database has summed of one of its tables with what else it has summed, whose files are
/// read; those of the customers are not. The result keeps the directory of the files as long as it lives.
///
/// # Errors
/// As [`read_customers`].
pub fn read_pushed_down(
    origin: &Origin,
    customers: SummedCustomers,
    files: &SummedFiles,
    directory: TemporaryDirectory,
    options: &ReadOptions,
) -> Result<Transactions, TransactionsError> {
    let mut read = with_sums(customers, files, options).map_err(|error| match error {
        TransactionsError::SummedLedger { ledger, customers, .. } => {
            TransactionsError::SummedMeanwhile { place: origin.to_string(), ledger, customers }
        }
        other => other,
    })?;
    read.parameters = origin.parameters();
    read.parameters.insert("push-down".to_owned(), true.into());
    read.decisions.push(pushed_down(origin));
    Ok(Transactions { _fetched: Some(directory), ..read })
}

/// The customers with the other answers, as far as there are files of them.
fn with_sums(
    customers: SummedCustomers,
    files: &SummedFiles,
    options: &ReadOptions,
) -> Result<Transactions, TransactionsError> {
    let SummedCustomers { rows: customers, inputs } = customers;
    let gaps = whole(&files.gaps)?.map(|(frame, place)| gaps(&frame, &place)).transpose()?;
    let earlier = whole(&files.earlier)?.map(|(frame, place)| earlier::read(&frame, &place)).transpose()?;
    let mut read = of_customers(Summed { customers, gaps, earlier: earlier.flatten() })?;
    read.currency.clone_from(&options.currencies.keep);
    read.inputs = inputs;
    match whole(&files.ledger)? {
        None => read.warnings.push(without_ledger()),
        Some((frame, place)) => read.add_ledger(&frame, &place)?,
    }
    Ok(read)
}

impl Transactions {
    /// Takes the sums of what was cleaned elsewhere in place of a ledger of the customers alone.
    fn add_ledger(&mut self, frame: &DataFrame, place: &str) -> Result<(), TransactionsError> {
        let read = sums::ledger(frame, place)?;
        sums::refuse_another(&read, &self.ledger, place)?;
        self.losses = Losses::of(&read, 0);
        self.ledger = read;
        Ok(())
    }
}

/// The days between purchases, and how often each number occurs.
fn gaps(frame: &DataFrame, place: &str) -> Result<Vec<(u32, u64)>, TransactionsError> {
    let (days, times) = (number(frame, place, "gap")?, number(frame, place, "times")?);
    let pair = |(days, times): (Option<i64>, Option<i64>)| {
        Some((u32::try_from(days?).ok().filter(|days| *days > 0)?, u64::try_from(times?).ok()?))
    };
    let refused = |row: usize| TransactionsError::SummedRow {
        place: place.to_owned(),
        row: row as u64 + 1,
        column: "gap".to_owned(),
        seen: format!("{:?}, {:?} times", days.get(row), times.get(row)),
        allowed: "days count from 1 on, times from 0 on",
    };
    let pairs = days.iter().zip(times.iter()).enumerate();
    let mut gaps =
        pairs.map(|(row, given)| pair(given).ok_or_else(|| refused(row))).collect::<Result<Vec<_>, _>>()?;
    gaps.sort_unstable();
    Ok(gaps)
}

/// The rows of files, below one another, and what messages call them; none where there is no file.
fn whole(paths: &[PathBuf]) -> Result<Option<(DataFrame, String)>, TransactionsError> {
    let Some((first, rest)) = paths.split_first() else { return Ok(None) };
    let place = name(first);
    let mut all = parquet(first, &place)?;
    for path in rest {
        all.vstack_mut(&parquet(path, &name(path))?)?;
    }
    Ok(Some((all, place)))
}

/// What messages call a file.
fn name(path: &Path) -> String {
    Source::named(path.to_owned()).place
}

/// Transactions of which only the sums are known.
fn of_customers(sums: Summed) -> Result<Transactions, TransactionsError> {
    let summed = &sums.customers;
    let lines: i64 = summed.column("lines")?.i64()?.sum().unwrap_or_default();
    let money: i64 = summed.column("net_pennies")?.i64()?.sum().unwrap_or_default();
    let (first, last) = purchases(summed)?;
    let customers = summed.height() as u64;
    let line = |rule| LedgerLine { rule, rows: lines.unsigned_abs(), customers, amount_pennies: money };
    Ok(Transactions {
        descriptions: Descriptions::default(),
        frame: no_rows().lazy(),
        parts: no_rows().lazy().into(),
        stored: Stored::Memory(DataFrame::empty()),
        ledger: Ledger { lines: vec![line(Counted::Input), line(Counted::Kept)], examples: Vec::new() },
        inputs: Vec::new(),
        rows: lines.unsigned_abs(),
        customers,
        first,
        last,
        columns: present(summed)?,
        decisions: vec![decision()],
        warnings: std::iter::once(without_transactions(&sums)).chain(numbers::several_days(&sums)?).collect(),
        losses: Losses::default(),
        currency: None,
        tables: vec![TableColumns {
            place: "customers".to_owned(),
            roles: [("customer", "customer_id".to_owned())].into(),
            unused: Vec::new(),
        }],
        parameters: Default::default(),
        summed: Some(Box::new(sums)),
        _fetched: None,
    })
}

fn moment(milliseconds: i64) -> NaiveDateTime {
    chrono::DateTime::from_timestamp_millis(milliseconds).unwrap_or_default().naive_utc()
}

/// The first and the last purchase of all.
fn purchases(summed: &DataFrame) -> Result<(NaiveDateTime, NaiveDateTime), TransactionsError> {
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

fn without_transactions(sums: &Summed) -> Warning {
    let look_back = ("look-back", "comparação com o período seguinte");
    let further =
        [("forecast with its trial", "previsão com seu teste"), ("best products", "produtos de destaque")];
    let left_out = sums.earlier.is_none().then_some(look_back).into_iter().chain(further);
    let (no, nem): (Vec<&str>, Vec<&str>) = left_out.unzip();
    let (pace, ritmo) = match sums.gaps {
        Some(_) => ("", ""),
        None => (
            ", and the usual days between purchases are those between each customer's first and last, divided evenly",
            ", e os dias habituais entre compras são os da primeira à última compra de cada cliente, divididos por igual",
        ),
    };
    Warning {
        kind: WarningKind::SummedElsewhere,
        text: Localized {
            en: format!(
                "the customers were summed elsewhere: without their transactions there is no {}{pace}",
                no.join(", no ")
            ),
            pt_br: format!(
                "os clientes foram somados em outro lugar: sem as transações não há {}{ritmo}",
                nem.join(", nem ")
            ),
        },
    }
}

/// What is to be said where a database cleaned and counted.
fn pushed_down(origin: &Origin) -> Decision {
    Decision {
        topic: "columns",
        text: Localized {
            en: format!(
                "{origin} was cleaned and summed by the database itself: dates far from all others and amounts that repeat \
                 their invoice's total are not looked for there"
            ),
            pt_br: format!(
                "{origin} foi limpa e somada pelo próprio banco de dados: lá não se procuram datas muito distantes das demais \
                 nem valores que repetem o total da nota"
            ),
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
