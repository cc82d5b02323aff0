//! Columns beside those of the roles that say of a row whether it is a sale: `deleted`, `is_test`, `paid`, `CFOP`.
//!
//! A table may have several of them. Their names are known in part, and their values must bear the name out.

use super::super::meaning::{Marks, Meaning, is_an_answer, is_no, is_telling, is_yes, meaning};
use super::super::normal::normalized;
use super::sequences::sequences;

/// The most flags of a table that are looked at.
pub(in super::super) const FLAGS: usize = 6;

/// A column that says of a row whether it is a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Flag {
    /// Where it is, from 0.
    pub column: usize,
    pub says: Says,
    /// Whether rows are removed by it; else it is only warned of.
    pub used: bool,
}

/// How the values of a flag are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Says {
    /// `deleted`, `is_test`: an answer but "no" says that the row is no sale.
    NoSale,
    /// `paid`, `livemode`: "no" says that the row is no sale.
    Sale,
    /// `active`: "no" may be said of the row, or of its customer.
    Active,
    /// A remark: whoever wrote `cancelled` into it may have meant the row.
    Remark,
    /// A state beside the one that is used, of the row or of something else.
    State,
    /// Pieces that were cancelled or came back.
    Pieces,
    /// Brazil's code of an operation: entries, gifts and transfers are no sales.
    Cfop,
    /// Debit or credit.
    Side,
    /// The number of an order's item, beside that of its payment: it says nothing of its row alone.
    Items,
    /// The number of an order's payment, beside that of its item.
    Payments,
    /// What a ledger says of each entry: an invoice, or the payment that settles it.
    Entry,
}

impl Says {
    /// Whether its answers are relied on.
    fn decides(self) -> bool {
        matches!(self, Self::NoSale | Self::Sale)
    }

    /// What a value says of its row.
    pub fn of(self, text: &str) -> Meaning {
        match self {
            Self::NoSale if is_an_answer(text) => meaning(text, Marks::Cancellation),
            Self::NoSale => meaning(text, Marks::State),
            Self::Sale | Self::Active if is_no(text) => Meaning::NotASale,
            Self::Sale | Self::Active if is_yes(text) => Meaning::Sale,
            Self::Sale => meaning(text, Marks::State),
            Self::Active => Meaning::Unknown,
            Self::Remark | Self::State => {
                Some(meaning(text, Marks::State)).filter(|_| is_telling(text)).unwrap_or(Meaning::Sale)
            }
            Self::Pieces => no_sale_if(text.bytes().any(|b| b.is_ascii_digit() && b != b'0')),
            Self::Cfop => no_sale_if(is_no_sale_by_cfop(text)),
            Self::Side => no_sale_if(is_credit(text)),
            Self::Items | Self::Payments | Self::Entry => Meaning::Sale,
        }
    }

    /// Whether a value is one that such a column has.
    pub fn knows(self, text: &str) -> bool {
        match self {
            Self::NoSale => is_an_answer(text) || meaning(text, Marks::State) != Meaning::Unknown,
            Self::Sale => is_no(text) || is_yes(text) || meaning(text, Marks::State) != Meaning::Unknown,
            _ => true,
        }
    }
}

fn no_sale_if(it: bool) -> Meaning {
    if it { Meaning::NotASale } else { Meaning::Sale }
}

/// Goods that come in begin with 1 to 3; 5.9 and 6.9 are gifts, samples, repairs and other dispatches.
fn is_no_sale_by_cfop(code: &str) -> bool {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    digits.len() == 4 && (digits.starts_with(['1', '2', '3']) || ["59", "69"].contains(&&digits[..2]))
}

/// Credit, or German "Haben".
pub(in super::super) fn is_credit(text: &str) -> bool {
    ["c", "cr", "h", "k", "credit", "credito", "haben", "kredit"].contains(&normalized(text).as_str())
}

/// Debit, or German "Soll".
pub(in super::super) fn is_debit(text: &str) -> bool {
    ["d", "dr", "s", "debit", "debito", "soll"].contains(&normalized(text).as_str())
}

/// The flags among the columns that are not taken; `used` says whether rows may be removed by them, `refunds` whether
/// another column holds the money that was given back.
pub(super) fn flags(columns: &[String], taken: &[bool], used: bool, refunds: bool) -> Vec<Flag> {
    let flag = |column: usize| {
        let says = says(&columns[column])?;
        let is_told = refunds && is_of_refunds(&columns[column]);
        (!is_told).then_some(Flag { column, says, used: used && says.decides() })
    };
    let mut flags: Vec<Flag> = (0..columns.len()).filter(|at| !taken[*at]).filter_map(flag).collect();
    let details = sequences(columns, taken)
        .into_iter()
        .flat_map(|at| at.into_iter().zip([Says::Items, Says::Payments]));
    flags.extend(details.map(|(column, says)| Flag { column, says, used: false }));
    // Where there are too many, those that remove rows stay.
    flags.sort_by_key(|flag| (!flag.used, !matches!(flag.says, Says::Items | Says::Payments)));
    flags.truncate(FLAGS);
    flags
}

fn is_of_refunds(name: &str) -> bool {
    let name = normalized(name);
    ["refund", "estorn", "reembols", "devolvid"].iter().any(|part| name.contains(part))
}

/// What a column of this name says, if it is a flag.
fn says(name: &str) -> Option<Says> {
    let (whole, words) = (normalized(name), words(name));
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let bare = bare(&whole);
    if SIDES.contains(&whole.as_str()) {
        Some(Says::Side)
    } else if any(&["cfop"]) {
        Some(Says::Cfop)
    } else if SALE.contains(&bare) {
        Some(Says::Sale)
    } else if ["active", "ativo", "ativa", "activo", "aktiv", "actif"].contains(&bare) {
        Some(Says::Active)
    } else if ENTRIES.contains(&whole.as_str()) {
        Some(Says::Entry)
    } else if REMARKS.contains(&whole.as_str()) {
        Some(Says::Remark)
    } else if any(STATES) {
        Some(Says::State)
    } else if !any(NO_SALE) && !NO_SALE.contains(&bare) || any(OTHER_THINGS) {
        None
    } else if any(PIECES) {
        Some(Says::Pieces)
    } else {
        Some(Says::NoSale)
    }
}

/// A name's words: `isTestOrder`, `is_test_order`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() || !c.is_alphanumeric() {
            words.push(String::new());
        }
        words.last_mut().into_iter().for_each(|word| word.push(c));
        before = c;
    }
    words.iter().map(|word| normalized(word)).filter(|word| !word.is_empty()).collect()
}

/// The name without what says no more than that it is a flag.
fn bare(name: &str) -> &str {
    let starts = ["is", "was", "flag", "order", "pedido", "fl"];
    let name = starts.iter().find_map(|start| name.strip_prefix(start)).unwrap_or(name);
    ["flag", "yn", "order"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// Words of names whose columns say that a row is no sale.
const NO_SALE: &[&str] = &[
    "deleted",
    "delet",
    "delete",
    "del",
    "cancelled",
    "canceled",
    "cancel",
    "cancelado",
    "cancelada",
    "cancelamento",
    "cancellation",
    "cancelacion",
    "void",
    "voided",
    "estornado",
    "estornada",
    "estorno",
    "excluido",
    "excluida",
    "deletado",
    "deletada",
    "anulado",
    "anulada",
    "anulacion",
    "storniert",
    "storno",
    "geloscht",
    "annule",
    "annulee",
    "supprime",
    "fraud",
    "fraude",
    "fraudulent",
    "sandbox",
    "test",
    "teste",
    "testmode",
    "reversed",
    "refunded",
    "returned",
    "returns",
    "return",
    "devolvido",
    "devolvida",
    "reembolsado",
    "reembolsada",
    "chargeback",
    "chargedback",
    "trashed",
    "declined",
    "rejected",
    "failed",
];

/// Words of names that speak of something else: why, how often, how likely, of which test.
const OTHER_THINGS: &[&str] = &[
    "reason",
    "motivo",
    "grund",
    "motif",
    "by",
    "por",
    "policy",
    "rate",
    "taxa",
    "score",
    "risk",
    "probability",
    "prob",
    "fee",
    "days",
    "dias",
    "group",
    "grupo",
    "name",
    "nome",
    "id",
    "code",
    "codigo",
    "variant",
    "type",
    "tipo",
    "amount",
    "valor",
    "value",
    "total",
    "window",
    "deadline",
    "address",
    "count",
    "drive",
    "ab",
];

/// Words of names whose columns count pieces.
const PIECES: &[&str] = &["qty", "quantity", "qtd", "qtde", "quantidade", "cantidad", "menge", "units"];

/// Names whose columns say that a row is a sale.
const SALE: &[&str] = &[
    "paid",
    "pago",
    "paga",
    "pagado",
    "bezahlt",
    "paye",
    "captured",
    "capturado",
    "valid",
    "valido",
    "valida",
    "gultig",
    "valide",
    "livemode",
    "successful",
    "success",
    "sucesso",
];

/// Names whose columns hold what people remarked.
const REMARKS: &[&str] = &[
    "note",
    "notes",
    "ordernote",
    "ordernotes",
    "comment",
    "comments",
    "remark",
    "remarks",
    "observacao",
    "observacoes",
    "obs",
    "comentario",
    "comentarios",
    "observaciones",
    "nota",
    "notas",
    "kommentar",
    "bemerkung",
    "bemerkungen",
    "notiz",
    "remarque",
    "commentaire",
    "tags",
    "mode",
];

/// Names whose columns say of each entry of a ledger what it is.
const ENTRIES: &[&str] = &[
    "historico",
    "lancamento",
    "descricaolancamento",
    "descricaodolancamento",
    "historicolancamento",
    "movimento",
    "movimentacao",
    "memo",
    "narrative",
    "amounttype",
    "amountdescription",
    "feetype",
    "chargetype",
    "tipodevalor",
    "narration",
    "particulars",
    "transactiondescription",
    "concepto",
    "movimiento",
    "detalle",
    "buchungstext",
    "vorgang",
    "verwendungszweck",
    "libelle",
    "descricao",
    "description",
    "descripcion",
    "beschreibung",
];

/// Words of names whose columns hold a state, of the row or of something else.
const STATES: &[&str] = &["status", "situacao", "estado", "statut", "zustand"];

/// Names whose columns say debit or credit.
const SIDES: &[&str] = &[
    "dc",
    "drcr",
    "crdr",
    "debitcredit",
    "creditdebit",
    "debcred",
    "debitocredito",
    "creditodebito",
    "sollhaben",
    "sollhabenkennzeichen",
    "sh",
    "shkennzeichen",
    "dcindicator",
    "debitcreditindicator",
    "creditdebitindicator",
    "debhab",
    "cd",
    "creddeb",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_flags_are_known_in_part() {
        for (name, expected) in [
            ("deleted", Says::NoSale),
            ("order_status", Says::State),
            ("situacaoPedido", Says::State),
            ("_fivetran_deleted", Says::NoSale),
            ("deleted_at", Says::NoSale),
            ("isTestOrder", Says::NoSale),
            ("Estornado", Says::NoSale),
            ("D_E_L_E_T_", Says::NoSale),
            ("order_deleted_flag", Says::NoSale),
            ("Captured", Says::Sale),
            ("is_valid", Says::Sale),
            ("pago", Says::Sale),
            ("is_active", Says::Active),
            ("qty_refunded", Says::Pieces),
            ("CFOP", Says::Cfop),
            ("D/C", Says::Side),
            ("Soll/Haben", Says::Side),
            ("observação", Says::Remark),
        ] {
            assert_eq!(says(name), Some(expected), "{name}");
        }
        for name in [
            "latest_order",
            "cancel_reason",
            "avoid",
            "test_group",
            "return_rate",
            "fraud_score",
            "paid_at",
            "contest",
            "refund_amount",
            "active_days",
            "granular",
        ] {
            assert_eq!(says(name), None, "{name}");
        }
    }

    #[test]
    fn answers_say_whether_a_row_is_a_sale() {
        for (says, sale, none) in [
            (Says::NoSale, "0", "1"),
            (Says::NoSale, "false", "2026-01-02"),
            (Says::NoSale, "No", "*"),
            (Says::NoSale, "-", "VOID"),
            (Says::Sale, "TRUE", "FALSE"),
            (Says::Sale, "Sim", "Não"),
            (Says::Cfop, "5102", "1.202"),
            (Says::Pieces, "0.00", "1"),
            (Says::Side, "S", "H"),
        ] {
            assert_eq!((says.of(sale), says.of(none)), (Meaning::Sale, Meaning::NotASale), "{sale} {none}");
        }
        assert_eq!(Says::Remark.of("Cancelado pelo cliente"), Meaning::NotASale);
        assert_ne!(Says::Remark.of("call before delivery"), Meaning::NotASale);
    }
}
