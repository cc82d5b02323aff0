//! `segment lookup`.

use segmentation_lib::record::{Segment, Snapshot};
use segmentation_lib::wording::{agreeing, counted};
use serde::Serialize;

use crate::args::{Global, LookupArgs};
use crate::failure::{Failure, Result};
use crate::output;

#[derive(Serialize)]
struct Answer<'a> {
    run_id: &'a str,
    results: &'a [Found<'a>],
}

#[derive(Serialize)]
struct Found<'a> {
    customer_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<&'a Segment>,
    /// Whether campaigns are to leave the customer alone; none in a run that holds nobody out.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<bool>,
}

pub fn execute(args: &LookupArgs, global: &Global) -> Result<()> {
    let snapshot = super::load(global, args.run.as_deref())?;
    let results: Vec<Found> = args.ids.iter().map(|id| found(&snapshot, id)).collect();
    if global.json {
        output::json(&Answer { run_id: &snapshot.manifest.run_id, results: &results })?;
    } else {
        println!("{}\nrun {}", table(&results), snapshot.manifest.run_id);
    }
    let missing: Vec<_> = results.iter().filter(|r| r.segment.is_none()).map(|r| r.customer_id).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let shown = missing.iter().take(5).map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", ");
    let asked = counted(args.ids.len() as u64, "customer", "customers");
    let are = agreeing(missing.len() as u64, "is", "are");
    let text = format!("{} of {asked} {are} not in this run: {shown}", missing.len());
    Err(Failure::NotFound(text))
}

fn found<'a>(snapshot: &'a Snapshot, id: &'a str) -> Found<'a> {
    let segment = snapshot.segment_of(id);
    let status = if segment.is_some() { "found" } else { "not_found" };
    Found { customer_id: id, status, segment, held_out: snapshot.is_held_out(id) }
}

fn table(results: &[Found]) -> String {
    let row = |r: &Found| match r.segment {
        Some(s) => {
            let held = r.held_out == Some(true);
            let name =
                |name: &str, mark: &str| if held { format!("{name} ({mark})") } else { name.to_owned() };
            let (en, pt_br) = (name(&s.name.en, "held out"), name(&s.name.pt_br, "no grupo de controle"));
            [r.customer_id.to_owned(), s.id.to_string(), en, pt_br]
        }
        None => [r.customer_id, "-", "not found", "não encontrado"].map(str::to_owned),
    };
    output::table(["customer", "segment", "name", "nome"], &[1], results.iter().map(row).collect())
}
