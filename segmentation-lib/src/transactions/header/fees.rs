//! Totals that a marketplace pays out, after its fees, beside what customers paid.

/// What customers paid, as marketplaces call it.
const PAID: [&str; 6] = [
    "receitaporprodutos",
    "receitadeprodutos",
    "productsales",
    "productrevenue",
    "ingresosporproductos",
    "valordosprodutos",
];

/// Parts of names of a marketplace's fees.
const FEES: [&str; 7] =
    ["tarifa", "comissao", "comision", "commission", "sellingfee", "fbafee", "marketplacefee"];

/// Totals before which a fee may have been taken.
const TOTALS: [&str; 4] = ["total", "totalamount", "valortotal", "net"];

/// The column of what customers paid, where the amount is a total and a third column holds the fees between them; by names
/// without their units.
pub(super) fn paid_before_fees(bare: &[String], amount: usize) -> Option<usize> {
    let has_fees = bare.iter().any(|name| FEES.iter().any(|part| name.contains(part)));
    let is_total = bare.get(amount).is_some_and(|name| TOTALS.contains(&name.as_str()));
    let paid = bare.iter().position(|name| PAID.contains(&name.as_str()))?;
    (has_fees && is_total && paid != amount).then_some(paid)
}
