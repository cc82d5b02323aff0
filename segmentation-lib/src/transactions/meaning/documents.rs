//! The documents of one sale: an order, what was delivered of it, its invoice.
//!
//! An export of documents holds each sale once for every kind. Which of them is the sale only the shop knows.

use super::single_words;
use super::words::PAYMENT;

/// A document of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Document {
    Order,
    Delivery,
    Invoice,
}

const ORDER: &[&str] = &[
    "order",
    "orders",
    "salesorder",
    "salesorders",
    "pedido",
    "pedidos",
    "ordem",
    "ordemdevenda",
    "orden",
    "auftrag",
    "kundenauftrag",
    "bestellung",
    "commande",
];

const DELIVERY: &[&str] = &[
    "fulfillment",
    "fulfilment",
    "itemfulfillment",
    "delivery",
    "deliverynote",
    "shipment",
    "entrega",
    "remessa",
    "romaneio",
    "remito",
    "albaran",
    "lieferschein",
    "lieferung",
    "livraison",
];

const INVOICE: &[&str] = &[
    "invoice",
    "invoices",
    "salesinvoice",
    "fatura",
    "faturas",
    "notafiscal",
    "nf",
    "nfe",
    "nfce",
    "factura",
    "facturas",
    "rechnung",
    "ausgangsrechnung",
    "facture",
];

/// The document that a kind is, by one of its words or two of them; a payment of one is none.
pub(in super::super) fn document(text: &str) -> Option<Document> {
    let single = single_words(text);
    let pairs: Vec<String> = single.windows(2).map(|pair| pair.concat()).collect();
    let any = |list: &[&str]| single.iter().chain(&pairs).any(|word| list.contains(&word.as_str()));
    if any(PAYMENT) {
        return None;
    }
    let lists = [(Document::Delivery, DELIVERY), (Document::Invoice, INVOICE), (Document::Order, ORDER)];
    lists.into_iter().find(|(_, list)| any(list)).map(|(document, _)| document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_an_order_a_delivery_or_an_invoice() {
        for (text, expected) in [
            ("Sales Order", Some(Document::Order)),
            ("Pedido", Some(Document::Order)),
            ("Item Fulfillment", Some(Document::Delivery)),
            ("Lieferschein", Some(Document::Delivery)),
            ("Nota Fiscal", Some(Document::Invoice)),
            ("NF-e", Some(Document::Invoice)),
            ("Invoice Payment", None),
            ("Orçamento", None),
            ("Cash Sale", None),
        ] {
            assert_eq!(document(text), expected, "{text}");
        }
    }
}
