//! Codes by which programs tell kinds of documents, which no list of words holds: `INV` beside `CM`, `F2` beside `RE`.
//!
//! A code alone says nothing, for each program has its own. The codes of a column together say whose they are: one of a
//! sale stands beside one of none, and most of them are of one program.

use super::super::normal::normalized;
use super::Meaning::{self, NotASale, Refund, Sale};

/// Whose codes a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Codes(&'static Program);

#[derive(Debug, PartialEq, Eq)]
struct Program {
    /// Names of columns that must be there for the codes to be told; none where the codes say enough.
    columns: &'static [&'static str],
    codes: &'static [(&'static str, Meaning)],
}

const PROGRAMS: &[Program] = &[
    // Oracle Receivables.
    Program {
        columns: &[],
        codes: &[
            ("inv", Sale),
            ("dm", Sale),
            ("cm", Refund),
            ("pmt", NotASale),
            ("dep", NotASale),
            ("guar", NotASale),
            ("cb", NotASale),
            ("br", NotASale),
        ],
    },
    // TOTVS Protheus: receivables.
    Program {
        columns: &[],
        codes: &[
            ("nf", Sale),
            ("ndc", Sale),
            ("ncc", Refund),
            ("ra", NotASale),
            ("pr", NotASale),
            ("ab", NotASale),
        ],
    },
    // TOTVS Protheus: items that were billed. D goes back to a supplier or from a customer, B is for work on goods.
    Program {
        columns: &["d2tipo", "f2tipo", "d1tipo", "f1tipo"],
        codes: &[("n", Sale), ("c", Sale), ("i", NotASale), ("p", NotASale), ("d", Refund), ("b", NotASale)],
    },
    // SAP: billing types. S1 and S2 cancel an invoice and a credit memo, F5 and F8 are pro forma.
    Program {
        columns: &[],
        codes: &[
            ("f1", Sale),
            ("f2", Sale),
            ("l2", Sale),
            ("bv", Sale),
            ("s2", Sale),
            ("re", Refund),
            ("g2", Refund),
            ("s1", Refund),
            ("b1", Refund),
            ("f5", NotASale),
            ("f8", NotASale),
        ],
    },
    // Portugal's documents.
    Program {
        columns: &[],
        codes: &[
            ("ft", Sale),
            ("fs", Sale),
            ("fr", Sale),
            ("nd", Sale),
            ("nc", Refund),
            ("rc", NotASale),
            ("rg", NotASale),
            ("gt", NotASale),
            ("gr", NotASale),
            ("or", NotASale),
            ("pf", NotASale),
        ],
    },
    // Movements of goods, seen from the shop.
    Program {
        columns: &[],
        codes: &[
            ("saida", Sale),
            ("entrada", Refund),
            ("transferencia", NotASale),
            ("ajuste", NotASale),
            ("inventario", NotASale),
        ],
    },
    Program {
        columns: &["es", "entradasaida", "saidaentrada", "entradaousaida", "tipoes"],
        codes: &[
            ("s", Sale),
            ("saida", Sale),
            ("1", Sale),
            ("e", Refund),
            ("entrada", Refund),
            ("0", Refund),
        ],
    },
    // Signs.
    Program { columns: &[], codes: &[("+", Sale), ("-", Refund), ("−", Refund)] },
];

impl Codes {
    /// Whose codes these texts of a column of that name are.
    pub fn of<'t>(name: &str, texts: impl Iterator<Item = &'t str> + Clone) -> Option<Self> {
        let name = normalized(name);
        PROGRAMS.iter().find(|program| program.has(&name, texts.clone())).map(Self)
    }

    /// What a code says, where it is one of them.
    pub fn meaning(self, text: &str) -> Option<Meaning> {
        self.0.meaning(text)
    }
}

impl Program {
    fn has<'t>(&self, name: &str, texts: impl Iterator<Item = &'t str>) -> bool {
        let (mut sale, mut none, mut unknown) = (0, 0, 0);
        for text in texts {
            match self.meaning(text) {
                Some(Sale) => sale += 1,
                Some(_) => none += 1,
                None => unknown += 1,
            }
        }
        let is_named = self.columns.is_empty() || self.columns.contains(&name);
        is_named && sale > 0 && none > 0 && sale + none > unknown
    }

    fn meaning(&self, text: &str) -> Option<Meaning> {
        let word = normalized(text);
        let code = if word.is_empty() { text.trim() } else { word.as_str() };
        self.codes.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, texts: &[&str]) -> Option<Vec<Option<Meaning>>> {
        let codes = Codes::of(name, texts.iter().copied())?;
        Some(texts.iter().map(|text| codes.meaning(text)).collect())
    }

    #[test]
    fn codes_are_read_where_they_say_whose_they_are() {
        for (name, texts, expected) in [
            ("Type", ["INV", "CM", "PMT"], [Sale, Refund, NotASale]),
            ("Billing Type", ["F2", "RE", "F5"], [Sale, Refund, NotASale]),
            ("Tipo Doc", ["NF", "NCC", "RA"], [Sale, Refund, NotASale]),
            ("D2_TIPO", ["N", "D", "B"], [Sale, Refund, NotASale]),
            ("Tipo Movimento", ["Saída", "Entrada", "Ajuste"], [Sale, Refund, NotASale]),
        ] {
            assert_eq!(read(name, &texts), Some(expected.map(Some).to_vec()), "{name}");
        }
        assert_eq!(read("Sinal", &["+", "-"]), Some(vec![Some(Sale), Some(Refund)]));
        assert_eq!(read("E/S", &["S", "E"]), Some(vec![Some(Sale), Some(Refund)]));
    }

    #[test]
    fn codes_of_nobody_are_not_read() {
        // One code alone, codes of no sale alone, letters without their column, and one code among many others.
        for texts in [&["INV"][..], &["CM", "PMT"], &["S", "E"], &["N", "D"], &["NF", "NCC", "a", "b", "c"]] {
            assert_eq!(read("type", texts), None, "{texts:?}");
        }
    }
}
