//! `segment show`, and the tables that `segment run` prints too.

use segmentation_lib::card::{self, Card, CardLine};
use segmentation_lib::record::{
    Clock, DecisionSheet, Drift, FeatureDrift, Forecast, HeldOut, HoldoutParams, LedgerLine, Manifest, Model,
    Moved, Segment, Snapshot,
};
use segmentation_lib::surrogate::imitate;
use segmentation_lib::wording::tables::Table;
use segmentation_lib::wording::{counted, tables};
use serde::Serialize;

use crate::args::{Global, Language, ShowArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, feature, integer, money, percent};

pub mod command;
mod rules;

/// What `--json` prints of a run.
#[derive(Serialize)]
pub struct Shown<'a> {
    pub manifest: &'a Manifest,
    pub segments: &'a [Segment],
    /// What is said of each segment.
    pub cards: Vec<Card>,
}

impl<'a> Shown<'a> {
    pub fn of(snapshot: &'a Snapshot) -> Self {
        Self { manifest: &snapshot.manifest, segments: &snapshot.segments, cards: cards(snapshot) }
    }
}

/// The cards of a run's segments.
fn cards(snapshot: &Snapshot) -> Vec<Card> {
    card::cards(&snapshot.manifest, &snapshot.segments, snapshot.assignments.iter().map(Into::into))
}

pub fn execute(args: &ShowArgs, global: &Global) -> Result<()> {
    let snapshot = super::load(global, args.run.as_deref())?;
    if args.command {
        return print_command(&snapshot.manifest, global);
    }
    if args.rules {
        return in_words(&snapshot, global);
    }
    if global.json {
        return output::json(&Shown::of(&snapshot));
    }
    println!("run {}, created {}", snapshot.manifest.run_id, snapshot.manifest.created_at);
    println!("content sha256 {}\n", snapshot.manifest.content_sha256);
    run(&snapshot, args.language);
    Ok(())
}

fn print_command(manifest: &Manifest, global: &Global) -> Result<()> {
    let words = command::words(manifest)?;
    if global.json {
        return output::json(&serde_json::json!({ "command": words }));
    }
    println!("{}", command::quoted(&words));
    Ok(())
}

/// The segments in plain words.
fn in_words(snapshot: &Snapshot, global: &Global) -> Result<()> {
    let customers = snapshot.assignments.iter().map(Into::into);
    let Some(surrogate) = imitate(&snapshot.manifest.features, snapshot.segments.len(), customers) else {
        let text = "the segments of this run cannot be put into words: it has a single one, or fewer than 50 customers to \
                    try the words on";
        return Err(Failure::NotFound(text.to_owned()));
    };
    if global.json {
        return output::json(&surrogate);
    }
    println!(
        "{}",
        output::drawn(&rules::table(
            &surrogate,
            &snapshot.segments,
            snapshot.manifest.source.currency.as_deref()
        ))
    );
    println!(
        "Read these as what they are: of {} whom the tree did not know it places {} as the model does",
        counted(surrogate.tried_on, "customer", "customers"),
        percent(surrogate.agreement)
    );
    Ok(())
}

/// Ledger, comparison, choice, segments, what to do with them, and the RFM groups beside them.
pub fn run(snapshot: &Snapshot, language: Language) {
    let Snapshot { manifest, segments, .. } = snapshot;
    println!("{}\n", source(manifest));
    println!("Ledger: what each cleaning rule removed\n{}\n", ledger(&manifest.ledger));
    println!("Comparison\n{}\n", output::drawn(&tables::comparison(&manifest.candidates)));
    println!("Choice: {}\n", manifest.reason.en);
    if let Some(sheet) = &manifest.decision_sheet {
        println!(
            "Decision sheet: every method's vote for k, {}\n{}\n",
            sheet.algorithm,
            decision_sheet(sheet)
        );
    }
    println!("Segments\n{}", self::segments(segments));
    println!("\nCards{}", looked_back(manifest));
    cards(snapshot).iter().for_each(|card| println!("{}", self::card(card, language)));
    if let Some(forecast) = &manifest.forecast {
        self::forecast(forecast, segments);
    }
    if let Some(lift) = &manifest.lift {
        println!();
        super::lift::show(lift);
    }
    if let Some(held) = &snapshot.held_out {
        println!("\n{}", held_out(held));
    }
    if let Some(naming) = &manifest.naming {
        println!("\n{}", clock(&naming.clock));
    }
    if let Some(rfm) = &snapshot.rfm {
        let table = tables::rfm(rfm, segments, snapshot.assignments.iter().map(|a| a.segment_id));
        println!(
            "\nRFM groups, and how many customers of each segment are in them\n{}",
            output::drawn(&table)
        );
    }
    if let Some(model) = &manifest.model {
        println!("\n{}", self::model(model, manifest.drift.as_ref()));
    }
}

/// A segment's card: its name, and its lines below each other.
fn card(card: &Card, language: Language) -> String {
    let row = |line: &CardLine| [language.of(&line.label).to_owned(), language.of(&line.text).to_owned()];
    let name = format!("{} {}", card.segment_id, language.of(&card.name));
    let table = Table::new(["", &name], &[], card.lines.iter().map(row));
    output::drawn(&table)
}

/// What the segments are expected to do, and how far that can be trusted.
fn forecast(forecast: &Forecast, segments: &[Segment]) {
    let model = &forecast.model;
    println!(
        "\nForecast: the {} days after {}, {} fitted up to {}; in brackets 95 % intervals, if the model is right\n{}",
        forecast.horizon_days,
        forecast.end,
        model.purchases.family,
        model.fitted_until,
        output::drawn(&tables::forecast(forecast, segments))
    );
    if let Some(reason) = &model.instead {
        println!("Taken instead: {}: {}", model.purchases.family.instead().en, reason.en);
    }
    if let Some(reason) = &model.no_spend {
        println!("No values: {}", reason.en);
    }
    match (&model.trial, &model.no_trial) {
        (Some(trial), _) => super::forecast::print_trial(trial),
        (None, Some(reason)) => println!("Not tried on the data themselves: {}", reason.en),
        (None, None) => {}
    }
}

fn held_out(held: &HeldOut) -> String {
    let customers = counted(held.count() as u64, "customer is", "customers are");
    let HoldoutParams { share, seed } = held.params;
    format!("{customers} held out of campaigns: {} of them all was asked for, seed {seed}", percent(share))
}

/// What the rates beside the actions count.
fn looked_back(manifest: &Manifest) -> String {
    let period = manifest.naming.as_ref().and_then(|naming| naming.look_back.as_ref());
    period.map_or(String::new(), |period| {
        format!(
            "; came back: of those in the segment's borders on {}, who purchased in the {} days from then (all: {})",
            period.cut_off,
            period.days,
            tables::came_back(&period.came_back)
        )
    })
}

fn clock(clock: &Clock) -> String {
    let Clock { usual_days, active_days, away_days, gaps, .. } = clock;
    if !clock.is_measured() {
        return format!(
            "Clock of the names, assumed for lack of repeat purchases ({gaps}): {usual_days}, {active_days} and {away_days} \
             days"
        );
    }
    let about = || ["about half", "about 80 %", "about 95 %"].map(str::to_owned);
    let [usual, active, away] = clock.shares().map_or_else(about, |shares| shares.map(percent));
    format!(
        "Clock of the names: {usual} of the repeat purchases come within {usual_days} days, {active} within {active_days}, \
         {away} within {away_days} ({} of them)",
        integer(*gaps)
    )
}

/// The model, and how far the customers have drifted from it.
fn model(model: &Model, drift: Option<&Drift>) -> String {
    let mut lines = vec![format!(
        "Model {} of {}, fitted {} on {}; the nearest centroid agrees with the clustering for {}",
        model.id,
        model.name,
        model.fitted_at,
        counted(model.customers, "customer", "customers"),
        percent(model.agreement),
    )];
    if let Some(drift) = drift {
        let index = |f: &FeatureDrift| format!("{} {:.3}", f.name, f.stability_index);
        let indices: Vec<String> = drift.features.iter().map(index).collect();
        lines.push(format!("Population stability index since the fit: {}", indices.join(", ")));
        lines.extend(drift.moved.as_ref().map(moved));
        lines.extend(drift.warnings.iter().map(|warning| format!("Warning: {}", warning.en)));
    }
    lines.join("\n")
}

fn moved(moved: &Moved) -> String {
    format!(
        "Since run {}: {:.2} % of {} changed segment ({} by purchases, {} by ageing), {} came, {} left; \
         `segment changes` says from where to where",
        moved.from_run,
        moved.share() * 100.0,
        counted(moved.known, "known customer", "known customers"),
        integer(moved.by_purchases),
        integer(moved.by_ageing),
        integer(moved.came),
        integer(moved.left),
    )
}

fn source(manifest: &Manifest) -> String {
    let s = &manifest.source;
    let files: Vec<&str> = s.inputs.iter().map(|f| f.name.as_str()).collect();
    format!(
        "Data: {} ({}), purchases from {} to {}, recency counted to {}",
        s.dataset,
        files.join(", "),
        s.first_transaction,
        s.last_transaction,
        manifest.reference_date
    )
}

pub fn ledger(lines: &[LedgerLine]) -> String {
    let row = |l: &LedgerLine| {
        [l.rule.name().to_owned(), integer(l.rows), integer(l.customers), money(l.amount_pennies)]
    };
    output::table(["rule", "rows", "customers", "amount"], &[1, 2, 3], lines.iter().map(row).collect())
}

/// Votes, figures by k, whether there is anything to find, and what it adds up to.
fn decision_sheet(sheet: &DecisionSheet) -> String {
    let tables = [tables::votes(sheet), tables::figures_by_k(sheet), tables::figures_by_algorithm(sheet)];
    let tables = tables.map(|table| output::drawn(&table)).join("\n");
    format!("{tables}\n{}\n{}", sheet.tendency(), sheet.summary.en)
}

fn segments(segments: &[Segment]) -> String {
    let row = |s: &Segment| {
        let median = |name: &str| {
            s.features.iter().find(|f| f.name == name).map_or(String::new(), |f| feature(f.median, f.unit))
        };
        [
            s.id.to_string(),
            s.name.en.clone(),
            s.name.pt_br.clone(),
            integer(s.customers),
            percent(s.customer_share),
            s.known_revenue_share().map_or(String::new(), percent),
            median("recency"),
            median("frequency"),
            median("monetary"),
            format!("{:.3}", s.silhouette),
        ]
    };
    let header = [
        "id",
        "segment",
        "segmento",
        "customers",
        "share",
        "revenue",
        "median recency (days)",
        "median frequency",
        "median monetary",
        "silhouette",
    ];
    output::table(header, &[0, 3, 4, 5, 6, 7, 8, 9], segments.iter().map(row).collect())
}
