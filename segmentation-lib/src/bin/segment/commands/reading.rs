//! What is read, how, and what is said of it: for `segment run`, `segment refit` and `segment check`.

use std::path::PathBuf;

use segmentation_lib::objects;
use segmentation_lib::progress::Progress;
use segmentation_lib::record::Warning;
use segmentation_lib::regular_file::read_text;
use segmentation_lib::tables::{self, Address, What};
use segmentation_lib::transactions::{
    self, AmountOf, ColumnMapping, Currencies, DateOrder, DecimalMark, Duplicates, ExchangeRates,
    ReadOptions, Returns, Sameness, SampleCustomer, Transactions,
};

use crate::args::*;
use crate::failure::{Failure, Result};
use crate::output;

/// What `--skip-rule` takes to skip none of the rules that the run before skipped.
const NO_RULE: &str = "none";

/// What `--sales` takes to name none of the values that the run before named.
const NO_VALUE: &str = "none";

/// Most bytes of a file of rates or of a mapping.
const MOST_BYTES: u64 = 16 << 20;

/// Reads what the inputs name: files, or a table of a database.
pub fn transactions(
    inputs: &[PathBuf],
    args: &ReadArgs,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions> {
    let named = inputs.iter().filter(|input| !objects::is_address(input));
    let address = named.filter_map(|input| input.to_str()).find(|input| tables::is_address(input));
    match (address, what(args)) {
        (None, None) if inputs.iter().any(|input| objects::is_address(input)) => {
            Ok(objects::read(inputs, options, progress)?)
        }
        (None, None) => Ok(transactions::read(inputs, options, progress)?),
        (Some(address), Some(what)) if inputs.len() == 1 => {
            Ok(tables::read(&Address::parse(address)?, &what, options, progress)?)
        }
        (Some(address), None) => Err(unnamed(&Address::parse(address)?)),
        (Some(address), Some(_)) => Err(not_alone(&Address::parse(address)?)),
        (None, Some(_)) => Err(Failure::Unusable(
            "--table and --query go with an input that is an address: postgresql://HOST/DATABASE or sc://HOST:PORT"
                .to_owned(),
        )),
    }
}

/// Reads what a database has summed of its table.
pub fn pushed_down(
    inputs: &[PathBuf],
    args: &ReadArgs,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions> {
    match (inputs, what(args)) {
        ([input], Some(what)) if input.to_str().is_some_and(tables::is_address) => {
            Ok(tables::push_down(&Address::parse(&input.to_string_lossy())?, &what, options, progress)?)
        }
        _ => Err(Failure::Unusable(
            "--push-down goes with one input that is the address of a database, and with --table or --query"
                .to_owned(),
        )),
    }
}

/// What is asked of a database, where something is.
pub fn what(args: &ReadArgs) -> Option<What> {
    match (&args.table, &args.query) {
        (Some(name), _) => Some(What::Table(name.clone())),
        (None, query) => query.clone().map(What::Query),
    }
}

pub fn unnamed(address: &Address) -> Failure {
    Failure::Unusable(format!(
        "{address}: no table is named; --table NAME or --query SQL says what is read there"
    ))
}

fn not_alone(address: &Address) -> Failure {
    Failure::Unusable(format!("{address}: an address is read alone; name no further input"))
}

/// The options that the flags give.
pub fn options(args: &ReadArgs) -> Result<ReadOptions> {
    let mut options = ReadOptions { mapping: mapping(args)?, ..ReadOptions::default() };
    options.reference = args.reference_date.as_deref().map(str::parse).transpose()?;
    options.date_order = args.date_order.map(|order| match order {
        DateOrderArg::DayFirst => DateOrder::DayFirst,
        DateOrderArg::MonthFirst => DateOrder::MonthFirst,
    });
    options.decimal = args.decimal.map(|mark| match mark {
        DecimalArg::Point => DecimalMark::Point,
        DecimalArg::Comma => DecimalMark::Comma,
    });
    options.rules.returns = match args.returns {
        ReturnsArg::Net => Returns::Net,
        ReturnsArg::Drop => Returns::Drop,
    };
    options.rules.duplicates = match args.duplicates {
        DuplicatesArg::Keep => Duplicates::Keep,
        DuplicatesArg::Drop => Duplicates::Drop,
    };
    for rule in args.skip_rule.iter().filter(|rule| rule.as_str() != NO_RULE) {
        options.rules.disable(rule)?;
    }
    options.currencies = Currencies { keep: args.currency.clone(), rates: rates(args)? };
    options.line_money = args.amount_of.map(|of| match of {
        AmountOfArg::Line => AmountOf::Line,
        AmountOfArg::Invoice => AmountOf::Invoice,
    });
    options.sales = args.sales.iter().filter(|sale| sale.as_str() != NO_VALUE).cloned().collect();
    options.merge_ids = args.merge_ids.iter().filter_map(|same| sameness(*same)).collect();
    options.sheets.clone_from(&args.sheet);
    options.max_loss = args.max_loss;
    Ok(options)
}

fn sameness(same: SamenessArg) -> Option<Sameness> {
    match same {
        SamenessArg::Case => Some(Sameness::Case),
        SamenessArg::Trim => Some(Sameness::Trim),
        SamenessArg::Unicode => Some(Sameness::Unicode),
        SamenessArg::Marks => Some(Sameness::Marks),
        SamenessArg::None => None,
    }
}

/// The rates of a file, and those given one by one, which win.
fn rates(args: &ReadArgs) -> Result<ExchangeRates> {
    let mut text = match &args.rates {
        None => String::new(),
        Some(path) => read_text(path, MOST_BYTES).map_err(|error| {
            Failure::Unusable(format!("{}: the rates cannot be read: {error}", path.display()))
        })?,
    };
    for rate in &args.rate {
        text.push('\n');
        text.push_str(&rate.replacen('=', ",", 1));
    }
    Ok(ExchangeRates::from_csv(&text)?)
}

fn mapping(args: &ReadArgs) -> Result<ColumnMapping> {
    let mut mapping = match &args.mapping {
        None => ColumnMapping::default(),
        Some(path) => {
            let unusable = |what: &str, error: &dyn std::fmt::Display| {
                Failure::Unusable(format!("{}: {what}: {error}", path.display()))
            };
            let text = read_text(path, MOST_BYTES)
                .map_err(|error| unusable("the mapping cannot be read", &error))?;
            toml::from_str(&text).map_err(|error| unusable("this is no column mapping", &error))?
        }
    };
    for (role, column) in &args.column {
        mapping.set(role, column)?;
    }
    Ok(mapping)
}

/// Prints what a reader should know, to standard error: it is there too where the result goes into a pipe.
pub fn print_warnings(warnings: &[Warning]) {
    for warning in warnings {
        eprintln!("warning: {}", warning.text.en);
    }
}

/// Five customers to compare with the source.
pub fn sample(read: &Transactions) -> Result<String> {
    let rows = read.sample(5)?.into_iter().map(SampleCustomer::cells).collect();
    Ok(output::table(["Customer", "Purchases", "Rows", "Money", "First", "Last"], &[1, 2, 3], rows))
}
