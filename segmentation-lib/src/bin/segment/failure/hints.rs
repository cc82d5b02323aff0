//! What can be done about an error on this command line. The library's texts say what is wrong and know no
//! flags; the flags and commands that help are named here.

use segmentation_lib::Error;
use segmentation_lib::catalogue::{self, CatalogueError, Origin};
use segmentation_lib::dictionary::DictionaryError;
use segmentation_lib::engine::EngineError;
use segmentation_lib::export::ExportError;
use segmentation_lib::features::FeaturesError;
use segmentation_lib::lift::LiftError;
use segmentation_lib::matrix::MatrixError;
use segmentation_lib::model::ModelError;
use segmentation_lib::notify::NotifyError;
use segmentation_lib::record::{HoldoutError, SnapshotError};
use segmentation_lib::selection::{LEAST_CUSTOMERS, SelectionError};
use segmentation_lib::store::StoreError;
use segmentation_lib::store::bucket::BucketError;
use segmentation_lib::tables::TableError;
use segmentation_lib::transactions::{
    Damage, Example, LossError, Role, Rule, Rules, TransactionsError, Unsettled,
};

/// The flag or command that helps, where there is one.
pub fn hint(error: &Error) -> Option<String> {
    match error {
        Error::Snapshot(error) => snapshot(error),
        Error::Store(error) => store(error),
        Error::RunId(_) => text(LIST),
        Error::Bucket(error) => bucket(error),
        Error::ReferenceDate(_) => text("--reference-date 2011-12-10, or leave it out"),
        Error::Holdout(error) => holdout(error),
        Error::Lift(error) => lift(error),
        Error::Engine(error) => engine(error),
        Error::Catalogue(error) => catalogue(error),
        Error::Mapping(_) => {
            text("--column customer=\"Client No\", or the same in a TOML file with --mapping")
        }
        Error::Rule(_) => text("--skip-rule takes one of these names"),
        Error::Rates(_) => text("--rate USD=0.92, or a file of such lines with --rates"),
        Error::Loss(error) => Some(loss(error)),
        Error::Transactions(error) => transactions(error),
        Error::Table(TableError::Transactions(error)) => transactions(error),
        Error::Table(TableError::Type { .. }) => text("--query 'SELECT …' reads what a query gives"),
        Error::Features(error) => features(error),
        Error::Matrix(error) => matrix(error),
        Error::Selection(error) => selection(error),
        Error::Model(error) => model(error),
        Error::Export(ExportError::NothingToGuard { .. }) => text("--safe goes with --format csv"),
        Error::Export(ExportError::TooLong { .. }) => text("--format csv, or parquet"),
        Error::Notify(NotifyError::Secret { .. }) => text("`segment notify --new-secret` makes one"),
        Error::Dictionary(DictionaryError::Read { .. }) => text("`segment dictionary` writes it anew"),
        _ => None,
    }
}

const LIST: &str = "`segment runs` lists those that are there";
/// Where nothing but returns is left, no flag makes purchases of them.
const WITH_A_MINUS: &str = "where sales are written with a minus, write them without one; --column amount=NAME names another \
                            column";
const UNSAVED: &str =
    "where the sheet holds formulas, open and save it in a spreadsheet, so that the file has their values";
const FEATURES: &str = "--features recency,frequency,monetary";

fn text(hint: &str) -> Option<String> {
    Some(hint.to_owned())
}

fn snapshot(error: &SnapshotError) -> Option<String> {
    match error {
        SnapshotError::CreatedAt { .. } => text("--created-at 2011-12-10T08:00:00Z, or leave it out"),
        SnapshotError::IdLength { .. } => text("--column customer=NAME, should the ids be in another column"),
        _ => None,
    }
}

fn holdout(error: &HoldoutError) -> Option<String> {
    match error {
        HoldoutError::Share { .. } => text("--holdout 10%"),
        HoldoutError::SmallerShare { before, .. } => {
            Some(format!("--holdout {before}, or `segment run --holdout 0`, which ends the campaign"))
        }
        HoldoutError::OtherSeed { before, .. } => {
            Some(format!("--holdout-seed {before}, or `segment run --holdout 0`, which ends the campaign"))
        }
        _ => None,
    }
}

fn lift(error: &LiftError) -> Option<String> {
    match error {
        LiftError::NoHoldout { .. } => text(
            "`segment run --holdout 10%` holds some out; `segment lift RUN` measures from an earlier run",
        ),
        LiftError::Overlap { .. } => {
            text("without --treated everybody who is not held out counts as treated")
        }
        _ => None,
    }
}

fn store(error: &StoreError) -> Option<String> {
    match error {
        StoreError::NoRun { .. } => text("`segment run` publishes one; --store names another store"),
        StoreError::UnknownRun { .. } | StoreError::RunId(_) => text(LIST),
        StoreError::NothingBefore { .. } => {
            text("`segment runs --verify` lists what there is, `segment refit` fits a new model")
        }
        StoreError::Pointer { .. } => {
            text("`segment runs --verify` lists the runs, `segment rollback RUN` goes back to one")
        }
        StoreError::Newer { .. } => text("`segment rollback` goes back to the run before"),
        StoreError::Damaged { .. } => text(
            "`segment runs --verify` tells which runs are whole, `segment rollback` goes back to one; where there is none, \
             `segment refit` fits a new model",
        ),
        StoreError::LikeForgotten { ids, .. } => Some(like_forgotten(ids)),
        StoreError::NotErased { .. } => text("`segment forget` without ids completes it"),
        StoreError::Snapshot(error) => snapshot(error),
        _ => None,
    }
}

fn like_forgotten(ids: &[String]) -> String {
    const SHOWN: usize = 10;
    let quoted = |id: &String| format!("'{}'", id.replace('\'', r"'\''"));
    let listed = ids.iter().take(SHOWN).map(quoted).collect::<Vec<_>>().join(" ");
    let others = if ids.len() > SHOWN { " …" } else { "" };
    format!(
        "`segment forget {listed}{others}` forgets them under this spelling too; `segment forget --lift ID` says of one \
         that it is another customer"
    )
}

fn bucket(error: &BucketError) -> Option<String> {
    match error {
        BucketError::Empty { url } => Some(format!("`segment push {url}` pushes one")),
        BucketError::Pointer { url, .. } => Some(format!("`segment push {url}` points to a run again")),
        BucketError::Incomplete { url, run_id, .. } => Some(format!("`segment push {url} --run {run_id}`")),
        BucketError::Damaged { url, run_id, .. } => {
            Some(format!("`segment push {url} --run {run_id} --overwrite` sends all of it again"))
        }
        BucketError::Store(error) => store(error),
        _ => None,
    }
}

fn engine(error: &EngineError) -> Option<String> {
    match error {
        EngineError::Memory { .. } => {
            text("--memory-limit MIB raises the limit, --algorithm ward needs less")
        }
        EngineError::TooManyClusters { k, rows: distinct } | EngineError::TooFewDistinct { k, distinct } => {
            Some(fewer_segments(*k, *distinct))
        }
        _ => None,
    }
}

/// Fewer than two segments cannot be asked for.
fn fewer_segments(k: usize, distinct: usize) -> String {
    const TELL_APART: &str = "--features takes those in which customers differ";
    match distinct.min(k) {
        2.. if distinct < k => format!("--k {distinct} takes fewer, {TELL_APART}"),
        _ => format!("{TELL_APART}; `segment summary` lists each customer"),
    }
}

fn catalogue(error: &CatalogueError) -> Option<String> {
    match error {
        CatalogueError::Unknown { .. } => {
            text("`segment datasets` lists the catalogue; other files are read with --input FILE")
        }
        CatalogueError::NotFetched { name, .. } => match catalogue::dataset(name).ok()?.origin {
            Origin::Download(_) => Some(format!("`segment fetch {name}`")),
            Origin::Bundled { download: Some(_), .. } => {
                Some(format!("--data names the directory of the data sets; `segment fetch {name}`"))
            }
            Origin::Bundled { .. } | Origin::ByHand { .. } => {
                text("--data names the directory of the data sets")
            }
        },
        CatalogueError::Status { .. } => text("--url names another address"),
        _ => None,
    }
}

fn transactions(error: &TransactionsError) -> Option<String> {
    use TransactionsError as E;
    match error {
        E::Columns { unsettled, .. } => Some(columns(unsettled)),
        E::DateOrderUndecided { .. } | E::DateOrderMixed { .. } => {
            text("--date-order day-first or --date-order month-first")
        }
        E::Changed { what, .. } if what.starts_with("dates ") => text(
            "where nothing was changed, --date-order day-first or --date-order month-first reads the dates as they stand",
        ),
        E::AmountOrPrice { column } => {
            Some(format!("--column price={column:?} or --column amount={column:?}"))
        }
        E::CustomerPerOrder { column, better, .. } => {
            Some(format!("--column customer={better:?} or --column customer={column:?}"))
        }
        E::AmountOfUndecided { .. } => text("--amount-of invoice or --amount-of line"),
        E::HardlyCounted { .. } => text("--amount-of line"),
        E::TwoDetails { payments, .. } => Some(format!(
            "--amount-of invoice counts each different amount of an order once, as those of its payments; for the items keep \
             the rows of the first {payments}; --amount-of line counts every row"
        )),
        E::DocumentChain { column, .. } => Some(format!(
            "--column type={column:?} --sales KIND counts one of them alone; without --sales each is a sale of its own"
        )),
        E::Subtotals { .. } | E::SumOfAll { .. } => {
            text("--skip-rule non_product takes such rows for purchases all the same")
        }
        E::DecimalUndecided { .. } | E::DecimalMixed { .. } => text("--decimal point or --decimal comma"),
        E::MixedCurrencies { found } => found.first().map(|largest| {
            let code = &largest.code;
            format!("--currency {code} keeps one; --currency {code} with --rates FILE converts the others")
        }),
        E::MostlyRefunds { column, .. } => {
            Some(format!("--column type={column:?} says that it is one, --column type=- that it is none"))
        }
        E::UnknownKinds { column, .. } => Some(format!(
            "--column type={column:?} --sales KIND names a kind that is a sale, for each of them; --column type=- counts all rows"
        )),
        E::FeesAmongSales { column, .. } => Some(format!(
            "--column type={column:?} --sales VALUE counts the rows of what customers paid alone, --column type=- counts all rows"
        )),
        E::PaymentsBesideSales { column, .. } => Some(format!(
            "--column type={column:?} leaves the payments out, --column type=- counts all rows as sales"
        )),
        E::SalesNotFound { .. } => {
            text("--column status=NAME, or --column type=NAME, names the column that holds them")
        }
        E::DebitsAndCredits { column, .. } => Some(format!(
            "--column type={column:?} --sales VALUE counts one side alone, --column type=- counts both as sales"
        )),
        E::SeveralVersions { .. } => text(
            "--sales STATE counts the rows of one state alone; or keep the row of each order that was written last, such as by \
             the time of its change",
        ),
        E::MoneyCancels { .. } => {
            text("--returns drop leaves them out; --column type=- takes them off what was sold, as returns")
        }
        E::NamedNoSale { .. } => text(
            "--sheet names each sheet that counts, --input each file; then all that are named count, whatever they are called",
        ),
        E::NoSheet { sheets, .. } | E::OnlyHidden { sheets, .. } => {
            sheets.first().map(|sheet| format!("--sheet {sheet:?} reads it"))
        }
        E::MoneyInSome { .. } => text("--column amount=- takes no money from any of them"),
        E::ShortenedIds { .. } => {
            text("--column customer=NAME, should another column tell the customers apart")
        }
        E::Refused(example, _) => Some(format!("leave out --skip-rule {}", example.rule)),
        E::NothingLeft { example: Some(example), .. } => Some(nothing_left(example)),
        E::SummedColumns { .. } => text("`segment sql` prints the texts"),
        E::SeveralValues { role, .. } => Some(format!(
            "write the value into a column of its own; --column {role}=NAME names another, --column {role}=- none"
        )),
        E::UnreadType { role, column, cast, .. } => Some(format!(
            "in DuckDB COPY (SELECT * REPLACE (CAST(\"{column}\" AS {cast}) AS \"{column}\") FROM 'FILE.parquet') TO \
             'purchases.parquet'; --column {role}=NAME names another column"
        )),
        E::Partitioned { role, .. } => Some(partitioned(*role)),
        E::Logged { .. } => text(
            "an engine that knows the format reads it: --input sc://HOST:PORT --query 'SELECT …', or in DuckDB \
             COPY (FROM delta_scan('DIRECTORY')) TO 'purchases.parquet'",
        ),
        E::NotPortable { .. } => text(
            "`segment run --input` with an address and --table; --column ROLE=- says that no column plays the role",
        ),
        E::NoPurchases { .. } => text(WITH_A_MINUS),
        _ => None,
    }
}

fn partitioned(role: Role) -> String {
    let without = match role {
        // Nothing is read without them.
        Role::Customer | Role::Date => String::new(),
        role => format!("; --column {role}=- reads without it"),
    };
    format!(
        "in DuckDB COPY (FROM read_parquet('DIRECTORY/**/*.parquet', hive_partitioning = true)) TO \
         'purchases.parquet'{without}"
    )
}

fn loss(error: &LossError) -> String {
    const CHECK: &str = "`segment check FILE` shows what is read";
    match error {
        LossError::Damage { losses, .. } => {
            let share = (losses.rows.max(losses.money) * 100.0).ceil();
            let is_dated = |damage: &Damage| damage.rule == Rule::ImplausibleDate;
            let keep = match losses.damage.first().is_some_and(is_dated) {
                true => "; --skip-rule implausible_date keeps such dates, where they are right",
                false => "",
            };
            let unsaved = losses.damage.first().and_then(|damage| unsaved(damage.example.as_ref()?));
            let unsaved = unsaved.map_or(String::new(), |hint| format!("{hint}; "));
            format!("{unsaved}{CHECK}; --max-loss {share}% publishes it all the same{keep}")
        }
        LossError::Backdated { .. } => "leave out --reference-date, or give a later one; where an earlier day is right, \
             `segment rollback` serves an earlier run, `segment refit` starts from that day, --store keeps such runs apart"
            .to_owned(),
        _ => format!("{CHECK}; where that is right, `segment refit` starts from it"),
    }
}

fn columns(unsettled: &Unsettled) -> String {
    let flags: Vec<String> = match unsettled {
        Unsettled::NotFound { role, .. } => vec![format!("--column {role}=NAME")],
        Unsettled::Several { role, candidates } => {
            let same = |name: &String| candidates.iter().filter(|(_, other)| other == name).count() > 1;
            // Columns of one name can only be given by their positions.
            let flag = |(at, name): &(usize, String)| match same(name) {
                true => format!("--column {role}=#{at}"),
                false => format!("--column {role}={name:?}"),
            };
            return candidates.iter().map(flag).collect::<Vec<_>>().join(" or ");
        }
        Unsettled::Missing { roles, .. } => {
            roles.iter().map(|role: &Role| format!("--column {role}=NAME")).collect()
        }
    };
    let lacks = |role| matches!(unsettled, Unsettled::Missing { roles, .. } if roles.contains(role));
    let without = match lacks(&Role::Amount) {
        true => "; --column amount=- where the data holds no money",
        false => "",
    };
    format!("{}{without}; without a header by position, such as --column customer=#1", flags.join(" "))
}

fn nothing_left(example: &Example) -> String {
    let column = "--column ROLE=NAME names another column";
    if let Some(unsaved) = unsaved(example) {
        return format!("{unsaved}; {column}");
    }
    if let Some(form) = not_understood(example) {
        return format!("{form}; {column}");
    }
    let is_negative =
        |(role, value): &(&str, String)| *role == "amount" && value.trim_start().starts_with('-');
    if example.rule == "non_positive_amount" && example.values.iter().any(is_negative) {
        return WITH_A_MINUS.to_owned();
    }
    let rule = Rules::all().iter().find(|info| info.rule.name() == example.rule);
    match rule {
        Some(info) if !info.required => format!("{column}, --skip-rule {} keeps such rows", info.rule.name()),
        _ => column.to_owned(),
    }
}

/// How to write a date or a number that is there and is not understood.
fn not_understood(example: &Example) -> Option<String> {
    let is_date = example.rule == "unparsable_date";
    if !is_date && example.rule != "unparsable_number" {
        return None;
    }
    let form = match is_date {
        true => "with day, month and year, such as 2025-01-31",
        false => "as a number alone, such as -1234.56",
    };
    let is_it = |role: &str| match is_date {
        true => role == "date",
        false => matches!(role, "amount" | "price" | "quantity"),
    };
    let has_digits = |text: &str| text.bytes().any(|b| b.is_ascii_digit());
    let is_odd = |text: &str| text.bytes().any(|b| b.is_ascii_alphabetic());
    let mut seen: Vec<&str> = Vec::new();
    for (role, value) in &example.values {
        if is_it(role) && has_digits(value) {
            seen.push(value);
        }
    }
    // Of several numbers the one with letters is what is not understood.
    let shown = seen.iter().copied().find(|text| is_odd(text)).or(seen.first().copied())?;
    Some(format!("{shown:?} is in a format that is not read: write it {form}"))
}

/// A sheet's formulas whose values were not saved are read as empty cells.
fn unsaved(example: &Example) -> Option<&'static str> {
    let is_number = |role: &str| matches!(role, "amount" | "price" | "quantity");
    let is_empty = example.values.iter().any(|(role, value)| is_number(role) && value.is_empty());
    // The place of a row of a sheet is `file.xlsx[Sheet]`.
    let is_sheet = example.place.ends_with(']') && example.place.to_lowercase().contains(".xls");
    (example.rule == "unparsable_number" && is_empty && is_sheet).then_some(UNSAVED)
}

fn features(error: &FeaturesError) -> Option<String> {
    match error {
        FeaturesError::Unknown { .. } => text("--features takes these names, separated by commas"),
        FeaturesError::MissingColumn { column, .. } => Some(format!(
            "--column {column}=NAME names the column, --features leaves the feature out; where a model is in force, \
                 `segment refit` fits one without it"
        )),
        FeaturesError::WithoutForecast { .. } | FeaturesError::NotForecast { .. } => {
            text("--features takes these names, separated by commas; --forecast names the model")
        }
        FeaturesError::AfterReference { .. } => text("--reference-date takes a later day"),
        FeaturesError::OtherCutOff { reference, .. } => {
            Some(format!("`segment sql --reference-date {reference}` gives the text for them"))
        }
        _ => None,
    }
}

fn matrix(error: &MatrixError) -> Option<String> {
    match error {
        MatrixError::Features(error) => features(error),
        MatrixError::NoFeatures | MatrixError::Repeated(_) => text(FEATURES),
        MatrixError::Winsorize(_) => text("--winsorize 0.01, or 0 to clip nothing"),
        _ => None,
    }
}

fn model(error: &ModelError) -> Option<String> {
    const REFIT: &str = "`segment refit` fits a new model";
    match error {
        ModelError::OtherData { model, .. } => Some(format!(
            "--store DIR keeps other data apart; {REFIT} to these; --name {model:?} says they are the same"
        )),
        ModelError::OtherVocabulary { .. } => Some(format!("leave out --vocabulary; {REFIT}")),
        ModelError::OtherParameter { name, .. } => Some(format!("leave out --{name}; {REFIT}")),
        ModelError::OtherCurrency { model, .. } => Some(format!(
            "--currency {model} with --rates FILE converts the amounts; {REFIT} in the other currency"
        )),
        ModelError::HardlyKnown { .. } => text(REFIT),
        _ => None,
    }
}

fn too_few(customers: usize, k: usize) -> String {
    const SUMMARY: &str = "`segment summary` lists each customer";
    match customers / LEAST_CUSTOMERS {
        possible @ 2.. if possible < k => format!("--k {possible} asks for fewer; {SUMMARY}"),
        _ => format!("give more of the purchases; {SUMMARY}"),
    }
}

fn selection(error: &SelectionError) -> Option<String> {
    match error {
        SelectionError::Engine(error) => engine(error),
        SelectionError::Range { .. } => text("--k 3..=8"),
        SelectionError::Shares { .. } => text("--min-share 0.02 --max-share 0.6"),
        SelectionError::TooFewCustomers { customers, k } => Some(too_few(*customers, *k)),
        SelectionError::TooFewDistinct { distinct, k } => Some(fewer_segments(*k, *distinct)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
