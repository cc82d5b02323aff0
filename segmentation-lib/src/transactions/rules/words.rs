//! Words that stand where a product stands and name none: freight, discounts, fees, taxes, tips, vouchers.
//!
//! A voucher counts when its money is spent. Only a text that is nothing but such a word is no product: a "gift card
//! holder" is sold.

/// The words in five languages, without accents, spaces and marks; sorted.
pub(in super::super) const WORDS: [&str; 148] = [
    "acrescimo",
    "acrescimos",
    "arredondamento",
    "arrondi",
    "bankcharges",
    "bearbeitungsgebuhr",
    "bondachat",
    "cargoporservicio",
    "carriage",
    "cartaodepresente",
    "cartaopresente",
    "cartecadeau",
    "cartescadeaux",
    "chequecadeau",
    "chequeregalo",
    "costedeenvio",
    "costodeenvio",
    "coupon",
    "couponcode",
    "coupondiscount",
    "couvert",
    "couvertartistico",
    "cupom",
    "cupomdedesconto",
    "custodeenvio",
    "custodefrete",
    "delivery",
    "deliverycharge",
    "deliverycharges",
    "deliveryfee",
    "desconto",
    "descontocupom",
    "descontopromocional",
    "descontos",
    "descuento",
    "descuentos",
    "discount",
    "discountcode",
    "discounts",
    "egiftcard",
    "egiftcards",
    "entrega",
    "envio",
    "envios",
    "fees",
    "fraisdelivraison",
    "fraisdenvoi",
    "fraisdeport",
    "fraisdeservice",
    "freight",
    "freightcharge",
    "freightcharges",
    "frete",
    "fretes",
    "gastosdeenvio",
    "geschenkgutschein",
    "geschenkgutscheine",
    "geschenkkarte",
    "giftcard",
    "giftcards",
    "giftcertificate",
    "giftcertificates",
    "giftvoucher",
    "giftvouchers",
    "gorjeta",
    "gorjetas",
    "gratuity",
    "gst",
    "gutschein",
    "handling",
    "handlingcharge",
    "handlingfee",
    "hst",
    "imposto",
    "impostos",
    "impuesto",
    "impuestos",
    "iva",
    "juros",
    "lieferkosten",
    "livraison",
    "mehrwertsteuer",
    "multa",
    "mwst",
    "portes",
    "postage",
    "postageandpackaging",
    "postagepackaging",
    "pourboire",
    "preisnachlass",
    "promotionaldiscount",
    "propina",
    "propinas",
    "pst",
    "rabatt",
    "rabatte",
    "recargo",
    "redondeo",
    "remise",
    "remises",
    "rounding",
    "rundung",
    "salestax",
    "servicecharge",
    "servicefee",
    "servicegebuhr",
    "shipping",
    "shippingandhandling",
    "shippingcharge",
    "shippingcharges",
    "shippingcost",
    "shippingcosts",
    "shippingfee",
    "shippingfees",
    "shippinghandling",
    "steuer",
    "surcharge",
    "tarifa",
    "tarifas",
    "tarjetaderegalo",
    "tarjetaregalo",
    "tarjetasregalo",
    "tax",
    "taxa",
    "taxadeentrega",
    "taxadefrete",
    "taxadeservico",
    "taxaentrega",
    "taxas",
    "taxasdeservico",
    "taxaservico",
    "taxes",
    "tip",
    "tips",
    "trinkgeld",
    "tva",
    "valecompra",
    "valecompras",
    "valederegalo",
    "valepresente",
    "valepresentes",
    "valespresente",
    "valordofrete",
    "valorfrete",
    "vat",
    "versand",
    "versandkosten",
    "versandkostenpauschale",
];

/// Letters with accents, and those without.
pub(in super::super) const ACCENTS: [&str; 2] =
    ["áàâãäéèêëíìîïóòôõöúùûüçñÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑ", "aaaaaeeeeiiiiooooouuuucnaaaaaeeeeiiiiooooouuuucn"];

/// Marks between words.
pub(in super::super) const MARKS: &str = " -_./():&+*,";

/// Letters of the longest word.
const LONGEST: usize = 22;

/// Whether a text is nothing but such a word. Cost: a look at its letters up to the first digit; no memory.
pub(in super::super) fn is_no_product(text: &str) -> bool {
    let (mut letters, mut count) = ([0u8; LONGEST], 0);
    for c in text.chars() {
        let letter = match c {
            c if c.is_ascii_alphabetic() => c.to_ascii_lowercase(),
            c if MARKS.contains(c) => continue,
            c => match unaccented(c) {
                Some(letter) => letter,
                None => return false,
            },
        };
        let Some(place) = letters.get_mut(count) else { return false };
        // The letter is of the alphabet: one byte.
        *place = letter as u8;
        count += 1;
    }
    std::str::from_utf8(&letters[..count]).is_ok_and(|word| WORDS.binary_search(&word).is_ok())
}

fn unaccented(c: char) -> Option<char> {
    let at = ACCENTS[0].chars().position(|accented| accented == c)?;
    ACCENTS[1].chars().nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted_and_no_longer_than_the_longest() {
        assert!(WORDS.is_sorted());
        assert_eq!(WORDS.iter().map(|word| word.len()).max(), Some(LONGEST));
        assert_eq!(ACCENTS[0].chars().count(), ACCENTS[1].chars().count());
    }

    #[test]
    fn a_text_that_is_nothing_but_such_a_word_is_no_product() {
        for text in [
            "FRETE",
            "Desconto",
            "TAXA DE SERVIÇO",
            "Gorjeta",
            "Vale-presente",
            "Shipping",
            "Shipping & Handling",
            "sales_tax",
            "Tip",
            "Gift card",
            "Propina",
            "Versandkosten",
            "Frais de port",
        ] {
            assert!(is_no_product(text), "{text}");
        }
        for text in [
            "",
            "Gift card holder",
            "Tip-Ex",
            "Frete 2",
            "Discount wallet",
            "Camiseta",
            "Porto",
            "85123A",
            "Servíço de chá",
            "客户",
        ] {
            assert!(!is_no_product(text), "{text}");
        }
    }
}
