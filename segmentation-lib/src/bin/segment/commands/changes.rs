//! `segment changes` and `segment history`.

use std::io::{self, BufWriter, Write};

use segmentation_lib::export::{ExportError, ExportParams, Format};
use segmentation_lib::movement::{self, Encoder, Matrix, Movement, MovementWorkbook, Movements, Way};
use segmentation_lib::record::{NamedSegment, RunId};
use segmentation_lib::store::{Store, StoreError};
use segmentation_lib::wording::counted;
use segmentation_lib::wording::tables::Table;

use crate::args::{ChangesArgs, ExportFormat, Global, HistoryArgs};
use crate::failure::{Failure, Result, failed};
use crate::output::{self, STANDARD_OUTPUT};

pub fn execute(args: &ChangesArgs, global: &Global) -> Result<()> {
    let form = form(args)?;
    let store = Store::at(&global.store);
    let way = way(args, &store)?;
    let Some(form) = form else { return show(&Matrix::of(&store, &way)?, &way, global) };
    let Some(path) = &args.output else {
        let mut out = BufWriter::new(io::stdout());
        write(&store, &way, &form, &mut out)?;
        return out.flush().map_err(failed(STANDARD_OUTPUT));
    };
    output::file(path, |out| write(&store, &way, &form, out))
}

/// How the customers are written.
enum Form {
    /// Piece by piece.
    Pieces(ExportParams),
    Workbook,
}

/// How the customers are written; none where they are only counted.
fn form(args: &ChangesArgs) -> Result<Option<Form>> {
    let format = match args.format {
        Some(ExportFormat::Csv) => Format::Csv,
        Some(ExportFormat::Ndjson) => Format::Ndjson,
        Some(ExportFormat::Parquet | ExportFormat::Xlsx) if args.output.is_none() => {
            return Err(Failure::Unusable(output::TO_A_FILE.to_owned()));
        }
        // A workbook has texts that are no formulas, as Parquet has.
        Some(ExportFormat::Parquet | ExportFormat::Xlsx) => Format::Parquet,
        None if args.output.is_some() || args.safe => Format::Csv,
        None => return Ok(None),
    };
    let language = args.language.into();
    let params = ExportParams { format, safe: args.safe, language, ..ExportParams::default() };
    params.check()?;
    let is_workbook = matches!(args.format, Some(ExportFormat::Xlsx));
    Ok(Some(if is_workbook { Form::Workbook } else { Form::Pieces(params) }))
}

fn way(args: &ChangesArgs, store: &Store) -> Result<Way> {
    let given = |id: &Option<String>| id.as_deref().map(str::parse::<RunId>).transpose();
    let to = match given(&args.to)? {
        Some(to) => to,
        None => store.current()?.ok_or_else(|| StoreError::NoRun { root: store.root().to_owned() })?,
    };
    Ok(Way::to(store, &to, given(&args.from)?.as_ref(), args.since)?)
}

fn write(store: &Store, way: &Way, form: &Form, out: &mut impl Write) -> Result<()> {
    let mut movements = Movements::open(store, way)?;
    let currency = currency(store, way)?;
    match form {
        Form::Pieces(params) => {
            pieces(&mut movements, Encoder::new(params, currency.as_deref())?, params.format, out)
        }
        Form::Workbook => {
            let changes = Matrix::of(store, way)?.changes();
            workbook(&mut movements, MovementWorkbook::new(way, currency.as_deref(), changes)?, out)
        }
    }
}

/// The currency of the amounts; none where it is not known, or the run is no longer kept.
fn currency(store: &Store, way: &Way) -> Result<Option<String>> {
    match store.manifest(&way.to.run_id.parse::<RunId>()?) {
        Err(StoreError::UnknownRun { .. }) => Ok(None),
        manifest => Ok(manifest?.source.currency),
    }
}

fn pieces(
    movements: &mut Movements,
    mut encoder: Encoder,
    format: Format,
    out: &mut impl Write,
) -> Result<()> {
    loop {
        let piece = next(movements, format.rows_per_piece())?;
        if piece.is_empty() {
            return Ok(out.write_all(&encoder.finish()).map_err(ExportError::from)?);
        }
        out.write_all(&encoder.rows(&piece)).map_err(ExportError::from)?;
    }
}

fn workbook(movements: &mut Movements, mut workbook: MovementWorkbook, out: &mut impl Write) -> Result<()> {
    loop {
        let piece = next(movements, Format::Parquet.rows_per_piece())?;
        if piece.is_empty() {
            return Ok(out.write_all(&workbook.finish()?).map_err(ExportError::from)?);
        }
        workbook.rows(&piece)?;
    }
}

/// The next movements, at most so many; none at the end.
fn next(movements: &mut Movements, most: usize) -> Result<Vec<Movement>> {
    let mut piece = Vec::new();
    while piece.len() < most {
        match movements.next()? {
            Some(movement) => piece.push(movement),
            None => break,
        }
    }
    Ok(piece)
}

fn show(matrix: &Matrix, way: &Way, global: &Global) -> Result<()> {
    if global.json {
        return output::json(&serde_json::json!({
            "from": way.from.run_id, "to": way.to.run_id, "movement": matrix,
        }));
    }
    println!("from run {} ({})", way.from.run_id, way.from.reference_date);
    println!("to   run {} ({})", way.to.run_id, way.to.reference_date);
    let names = matrix.to.iter().map(|segment| segment.name.en.clone());
    let header: Vec<String> =
        ["from \\ to".to_owned()].into_iter().chain(names).chain(["left".to_owned()]).collect();
    let ends = |segments: &[NamedSegment]| -> Vec<Option<String>> {
        segments.iter().map(|segment| Some(segment.key.clone())).chain([None]).collect()
    };
    let rows = ends(&matrix.from).into_iter().enumerate().map(|(at, from)| {
        let name = matrix.from.get(at).map_or_else(|| "came".to_owned(), |segment| segment.name.en.clone());
        let cells =
            ends(&matrix.to).into_iter().map(|to| match matrix.customers(from.as_deref(), to.as_deref()) {
                0 => String::new(),
                customers => output::integer(customers),
            });
        [name].into_iter().chain(cells).collect()
    });
    let numbers = (1..header.len()).collect();
    println!("{}", output::drawn(&Table { header, numbers, rows: rows.collect() }));
    println!(
        "{} of {} moved, {} came, {} left",
        output::integer(matrix.moved),
        counted(matrix.customers, "customer", "customers"),
        output::integer(matrix.came),
        output::integer(matrix.left)
    );
    if !matrix.same_model {
        println!(
            "the runs have different models: a customer may have moved because the segments were fitted anew"
        );
    }
    println!("`segment changes {} {} --format csv` lists them", way.from.run_id, way.to.run_id);
    Ok(())
}

pub fn history(args: &HistoryArgs, global: &Global) -> Result<()> {
    let store = Store::at(&global.store);
    let current = store.open_current()?;
    let stays = current.segment_of(&args.id).map(|segment| segment.key.clone());
    let history = movement::history(&store, &current.manifest.run_id.parse()?, &args.id, stays.as_deref())?;
    if history.iter().all(|at| at.segment.is_none()) {
        let text = format!("no customer {:?} in run {} or those before", args.id, current.manifest.run_id);
        return Err(Failure::NotFound(text));
    }
    if global.json {
        return output::json(&history);
    }
    let rows = history.iter().map(|at| {
        let segment = at.segment.as_ref().map_or_else(|| "–".to_owned(), |segment| segment.name.en.clone());
        let why = at.why.as_ref().map_or_else(String::new, |why| why.en.clone());
        [at.reference_date.clone(), at.run_id.clone(), segment, why]
    });
    println!("{}", output::table(["reference date", "run", "segment", "why"], &[], rows.collect()));
    Ok(())
}
