//! Columns that number the details of an order: its items, and its payments.
//!
//! A table with both is the two joined by the order: each item stands beside each payment.

use super::super::normal::normalized;

const ITEMS: &[&str] = &[
    "orderitemid",
    "orderitemno",
    "orderitemnumber",
    "itemno",
    "itemnumber",
    "itemsequence",
    "itemseq",
    "lineno",
    "linenumber",
    "linenum",
    "linenr",
    "orderline",
    "orderlineno",
    "orderlinenumber",
    "nritem",
    "numitem",
    "numeroitem",
    "numerodoitem",
    "seqitem",
    "sequenciaitem",
    "itemsequencial",
    "positionsnummer",
];

const PAYMENTS: &[&str] = &[
    "paymentsequential",
    "paymentsequence",
    "paymentseq",
    "paymentno",
    "paymentnumber",
    "paymentnr",
    "seqpagamento",
    "sequenciapagamento",
    "numeropagamento",
    "parcela",
    "nrparcela",
    "numeroparcela",
    "numerodaparcela",
    "numparcela",
    "installment",
    "installmentno",
    "installmentnumber",
];

/// The columns of items and of payments among those not taken, where there are both.
pub(super) fn sequences(columns: &[String], taken: &[bool]) -> Option<[usize; 2]> {
    let find = |names: &[&str]| {
        (0..columns.len()).find(|&at| !taken[at] && names.contains(&normalized(&columns[at]).as_str()))
    };
    Some([find(ITEMS)?, find(PAYMENTS)?])
}

/// Whether a column numbers the instalments of a purchase.
pub(in super::super) fn is_of_instalments(name: &str) -> bool {
    let name = normalized(name);
    PAYMENTS.contains(&name.as_str()) && (name.contains("parcela") || name.contains("installment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_joined_with_payments_only_where_both_are_numbered() {
        let of = |names: &[&str], taken: &[bool]| {
            let columns: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            sequences(&columns, taken)
        };
        let olist = ["order_id", "order_item_id", "price", "payment_sequential"];
        assert_eq!(of(&olist, &[false; 4]), Some([1, 3]));
        assert_eq!(of(&["pedido", "Nr. item", "Parcela"], &[false; 3]), Some([1, 2]));
        assert_eq!(of(&olist, &[false, true, false, false]), None);
        assert_eq!(of(&olist[..3], &[false; 3]), None);
        assert!(is_of_instalments("Parcela") && !is_of_instalments("payment_sequential"));
    }
}
