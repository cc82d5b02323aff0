//! `segment show`, and the tables that `segment run` prints too.

use anyhow::Result;
use segmentation_lib::record::{DecisionSheet, LedgerLine, Manifest, Segment};
use segmentation_lib::tables;
use serde::Serialize;

use crate::args::{Global, ShowArgs};
use crate::output::{self, feature, integer, money, percent};

/// What `--json` prints of a run.
#[derive(Serialize)]
pub struct Shown<'a> {
    pub manifest: &'a Manifest,
    pub segments: &'a [Segment],
}

pub fn execute(args: &ShowArgs, global: &Global) -> Result<()> {
    let snapshot = super::load(global, args.run.as_deref())?;
    if global.json {
        return output::json(&Shown { manifest: &snapshot.manifest, segments: &snapshot.segments });
    }
    println!("run {}, created {}", snapshot.manifest.run_id, snapshot.manifest.created_at);
    println!("content sha256 {}\n", snapshot.manifest.content_sha256);
    run(&snapshot.manifest, &snapshot.segments);
    Ok(())
}

/// Ledger, comparison, choice and segments.
pub fn run(manifest: &Manifest, segments: &[Segment]) {
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

fn ledger(lines: &[LedgerLine]) -> String {
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
            percent(s.revenue_share),
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
