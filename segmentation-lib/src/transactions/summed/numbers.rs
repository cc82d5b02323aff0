//! Whether the numbers of invoices hold for a day alone, as far as sums show it.

use polars::prelude::*;

use super::Summed;
use crate::record::{Localized, Warning, WarningKind};

/// By how much the days with purchases may outnumber the purchases.
const SHARE: f64 = 0.01;

/// Warns where customers purchased on more days than they made purchases: then invoices are of several days, be it that
/// parts come later or that their numbers begin again each day.
pub(super) fn several_days(summed: &Summed) -> PolarsResult<Option<Warning>> {
    let Some(gaps) = &summed.gaps else { return Ok(None) };
    let frequency = summed.customers.column("frequency")?.i64()?;
    let purchases = frequency.sum().unwrap_or_default().unsigned_abs();
    let customers = frequency.iter().filter(|purchases| purchases.is_some_and(|made| made > 0)).count();
    // A customer of n days has n - 1 gaps.
    let days = customers as u64 + gaps.iter().map(|(_, times)| times).sum::<u64>();
    if days as f64 <= purchases as f64 * (1.0 + SHARE) {
        return Ok(None);
    }
    Ok(Some(Warning {
        kind: WarningKind::SummedElsewhere,
        text: Localized {
            en: format!(
                "{purchases} invoices are of {days} days with purchases: where their numbers begin again, as those of a \
                 till do, each day's is a purchase of its own; let the query join the number and the day"
            ),
            pt_br: format!(
                "{purchases} notas são de {days} dias com compras: onde seus números recomeçam, como os de um caixa, o de \
                 cada dia é uma compra; faça a consulta juntar o número e o dia"
            ),
        },
    }))
}
