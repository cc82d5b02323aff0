//! Columns that change what a row means: a status, a type, a cancellation.
//!
//! A column is recognised by its header (see [`super::header`]) and by its values: words of the lists in
//! [`words`]. What a value says is decided once for each distinct text.

mod codes;
mod documents;
mod words;

pub(super) use self::codes::Codes;
pub(super) use self::documents::{Document, document};

use super::mapping::Role;
use super::normal::normalized;

/// What a value of such a column says of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A sale.
    Sale,
    /// No sale: cancelled, failed, pending, refunded.
    NotASale,
    /// Money that goes back: the row's amount counts against the customer's purchases.
    Refund,
    /// A word that is not in the lists.
    Unknown,
}

/// What kind of column it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// The state of an order: a refund takes the order back.
    State,
    /// The kind of a booking: a refund is a booking of its own.
    Kind,
    /// Whether or when an order was cancelled: anything but "no".
    Cancellation,
}

/// Roles whose values say whether a row is a sale.
pub(super) const MARKING: [Role; 4] = [Role::Status, Role::Payment, Role::Type, Role::Cancelled];

/// Reads a value that is not empty.
pub(super) fn meaning(text: &str, marks: Marks) -> Meaning {
    let word = normalized(text);
    if marks == Marks::Cancellation {
        return if words::NO.contains(&word.as_str()) || is_zero(&word) && !is_ticked(text) {
            Meaning::Sale
        } else {
            Meaning::NotASale
        };
    }
    let word = words::without_prefix(&word);
    if words::SALE.contains(&word) || words::BOOKING.contains(&word) {
        Meaning::Sale
    } else if words::REFUND.contains(&word) {
        refund(marks)
    } else if words::NOT_A_SALE.contains(&word) {
        Meaning::NotASale
    } else {
        by_its_words(text, marks)
    }
}

fn refund(marks: Marks) -> Meaning {
    if marks == Marks::Kind { Meaning::Refund } else { Meaning::NotASale }
}

/// Longest text whose words are looked at: a state of an order, and no remark.
const LONGEST: usize = 60;

/// Reads a text of several words, such as `Cancelado pelo cliente` or `Payment refund`, by the words that it holds. A
/// part of an order, and a word that is denied, say nothing.
fn by_its_words(text: &str, marks: Marks) -> Meaning {
    if text.len() > LONGEST {
        return Meaning::Unknown;
    }
    let single = single_words(text);
    let pairs = single.windows(2).map(|pair| pair.concat());
    let threes = single.windows(3).map(|three| three.concat());
    let found: Vec<String> = single.iter().cloned().chain(pairs).chain(threes).collect();
    let any = |list: &[&str]| found.iter().any(|word| list.contains(&word.as_str()));
    let tells = |list: &[&str]| {
        found.iter().any(|word| list.contains(&word.as_str()) && !words::ALONE.contains(&word.as_str()))
    };
    let partly = single.iter().any(|word| words::PARTLY.iter().any(|start| word.starts_with(start)));
    if single.len() < 2 || partly || any(words::NOT) {
        Meaning::Unknown
    } else if tells(words::NOT_A_SALE) {
        Meaning::NotASale
    } else if tells(words::REFUND) {
        refund(marks)
    } else if any(words::SALE) || marks == Marks::Kind && any(words::BOOKING) {
        Meaning::Sale
    } else {
        Meaning::Unknown
    }
}

/// The word in the name of a sheet or file that says that its rows are no sales, such as `Cancelados`. A name that denies
/// the word says nothing, nor does one that speaks of sales too, but for plans: those are of sales.
pub(super) fn no_sale_word(name: &str) -> Option<String> {
    let single = single_words(name);
    let any = |list: &[&str]| single.iter().any(|word| singulars(word).any(|word| list.contains(&word)));
    if any(words::NOT) || any(words::LEFT_OUT) {
        return None;
    }
    let plans = |word: &&String| singulars(word).any(|word| words::PLAN.contains(&word));
    if let Some(plan) = single.iter().find(plans) {
        return Some(plan.clone());
    }
    if any(words::BOOKING) || any(words::SALE) {
        return None;
    }
    let says = |word: &&String| {
        singulars(word).any(|word| {
            [words::NOT_A_SALE, words::REFUND].iter().any(|list| list.contains(&word)) && is_telling(word)
        })
    };
    single.iter().find(says).cloned()
}

/// Whether a state says that a part of the money went back.
pub(super) fn is_partly_refunded(text: &str) -> bool {
    const REFUNDS: [&str; 6] = ["refund", "reembols", "estorn", "devol", "erstatt", "rembours"];
    let word = normalized(text);
    words::PARTLY.iter().any(|start| word.starts_with(start))
        && REFUNDS.iter().any(|part| word.contains(part))
}

/// The word, and without the endings of a plural.
fn singulars(word: &str) -> impl Iterator<Item = &str> {
    ["", "s", "es", "n", "en"].into_iter().filter_map(|ending| word.strip_suffix(ending))
}

/// Whether a word is about sales wherever it stands, and not only in a column of states.
pub(super) fn is_telling(text: &str) -> bool {
    !words::ALONE.contains(&normalized(text).as_str())
}

/// Whether a text answers yes or no, or is a date: then a column of such answers tells of its rows.
pub(super) fn is_an_answer(text: &str) -> bool {
    let word = normalized(text);
    let is_date = || text.len() >= 8 && text.bytes().filter(u8::is_ascii_digit).count() >= 6;
    words::NO.contains(&word.as_str()) || words::YES.contains(&word.as_str()) || is_zero(&word) || is_date()
}

/// Whether a text answers "no".
pub(super) fn is_no(text: &str) -> bool {
    text == "0" || words::NO.contains(&normalized(text).as_str())
}

/// Whether a text answers "yes".
pub(super) fn is_yes(text: &str) -> bool {
    words::YES.contains(&normalized(text).as_str())
}

/// `0`, `0000-00-00 00:00:00`, and marks that stand for nothing.
fn is_zero(word: &str) -> bool {
    word.bytes().all(|b| b == b'0')
}

/// A mark that is set: TOTVS writes `*` beside deleted rows.
fn is_ticked(text: &str) -> bool {
    ["*", "✓", "✔", "☑", "+"].contains(&text.trim())
}

/// What the kinds in a column say of one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds {
    /// There are invoices or sales beside payments: a payment settles them and is none itself.
    pub payments_settle: bool,
    /// There are sales beside their lines: the money is in both.
    pub lines_repeat: bool,
    /// Whose codes they are.
    pub codes: Option<Codes>,
}

impl Kinds {
    /// What texts of a column of kinds say of one another.
    pub fn of<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Self {
        let any = |is: &dyn Fn(&str) -> bool| texts.clone().any(is);
        let has_its_sale = |line: &str| {
            sale_of_line(line).is_some_and(|sale| texts.clone().any(|text| normalized(text) == sale))
        };
        Self {
            payments_settle: any(&is_document) && any(&is_payment),
            lines_repeat: any(&has_its_sale),
            codes: None,
        }
    }

    /// What a value of a column of kinds says.
    pub fn meaning(self, text: &str) -> Meaning {
        if let Some(meaning) = self.codes.and_then(|codes| codes.meaning(text)) {
            return meaning;
        }
        let repeats =
            self.payments_settle && is_payment(text) || self.lines_repeat && sale_of_line(text).is_some();
        if repeats { Meaning::NotASale } else { meaning(text, Marks::Kind) }
    }

    /// What either column says.
    pub fn or(self, other: Self) -> Self {
        Self {
            payments_settle: self.payments_settle || other.payments_settle,
            lines_repeat: self.lines_repeat || other.lines_repeat,
            codes: self.codes.or(other.codes),
        }
    }
}

fn single_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).map(normalized).filter(|word| !word.is_empty()).collect()
}

/// Whether an entry is a fee that a marketplace keeps.
pub(super) fn is_fee(text: &str) -> bool {
    let word = normalized(text);
    let single = single_words(text);
    word.ends_with("fees") || single.iter().any(|word| words::FEE.contains(&word.as_str()))
}

/// Whether a kind is a sale's document: an invoice, an order.
pub(super) fn is_document(text: &str) -> bool {
    let single = single_words(text);
    single.iter().any(|word| words::DOCUMENT.contains(&word.as_str()))
        && !single.iter().any(|word| words::PAYMENT.contains(&word.as_str()))
        && meaning(text, Marks::Kind) == Meaning::Sale
}

/// Whether a kind is a payment.
pub(super) fn is_payment(text: &str) -> bool {
    let paid = single_words(text).iter().any(|word| words::PAYMENT.contains(&word.as_str()));
    paid && matches!(meaning(text, Marks::Kind), Meaning::Sale | Meaning::Unknown)
}

/// The kind whose line a kind is: `sale` of `Sale Line`.
fn sale_of_line(text: &str) -> Option<String> {
    let mut single = single_words(text);
    let last = single.pop()?;
    let sale = single.concat();
    (words::LINE.contains(&last.as_str()) && words::BOOKING.contains(&sale.as_str())).then_some(sale)
}

/// Whether a state says that a guest left; in a shop the same word is a step before the purchase.
pub(super) fn is_check_out(text: &str) -> bool {
    normalized(text) == "checkout"
}

/// Whether a state says that a guest did not come: then the others are of stays too.
pub(super) fn is_no_show(text: &str) -> bool {
    normalized(text) == "noshow"
}

/// Whether a word names a kind of booking, such as `sale` beside `refund`: then the column is one of kinds,
/// whatever its header.
pub(super) fn is_booking(text: &str) -> bool {
    words::BOOKING.contains(&normalized(text).as_str())
}

/// The words that are known in columns of states and kinds and in ids: what they mean, in English and in Portuguese,
/// and the word as it is compared, in lower case without accents, spaces and marks.
pub fn known_words() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lists = [
        ("a sale", "venda", words::SALE),
        ("a kind of booking that is a sale", "tipo de lançamento que é venda", words::BOOKING),
        ("no sale", "não é venda", words::NOT_A_SALE),
        (
            "money that goes back, in a column of kinds; else no sale",
            "dinheiro devolvido, em coluna de tipo; senão não é venda",
            words::REFUND,
        ),
        ("an id for nobody", "identificador de ninguém", super::placeholder::NOBODY),
    ];
    lists.into_iter().flat_map(|(en, pt, words)| words.iter().map(move |word| (en, pt, *word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_sales_and_its_cancellations() {
        for text in [
            "completed",
            "Processing",
            "wc-completed",
            "ENTREGUE",
            "Concluído",
            "Pagado",
            "Bezahlt",
            "Terminée",
            "partially_refunded",
        ] {
            assert_eq!(meaning(text, Marks::State), Meaning::Sale, "{text}");
        }
        for text in [
            "cancelled",
            "Canceled",
            "wc-failed",
            "on-hold",
            "refunded",
            "Estornado",
            "Anulada",
            "storniert",
            "Annulée",
            "Remboursé",
            "Aguardando pagamento",
        ] {
            assert_eq!(meaning(text, Marks::State), Meaning::NotASale, "{text}");
        }
        assert_eq!(meaning("layaway", Marks::State), Meaning::Unknown);
    }

    #[test]
    fn a_refund_is_a_booking_in_a_column_of_kinds_only() {
        for text in ["Refund", "devolução", "Gutschrift", "avoir", "Credit Note"] {
            assert_eq!(meaning(text, Marks::Kind), Meaning::Refund, "{text}");
            assert_eq!(meaning(text, Marks::State), Meaning::NotASale, "{text}");
        }
        assert_eq!(meaning("sale", Marks::Kind), Meaning::Sale);
        assert!(is_booking("Verkauf") && !is_booking("completed"));
    }

    #[test]
    fn a_cancellation_is_anything_but_no() {
        for text in ["2026-01-02 10:00", "true", "1", "Ja", "customer"] {
            assert_eq!(meaning(text, Marks::Cancellation), Meaning::NotASale, "{text}");
        }
        for text in ["false", "0", "não", "Nein", "0000-00-00 00:00:00"] {
            assert_eq!(meaning(text, Marks::Cancellation), Meaning::Sale, "{text}");
        }
    }

    #[test]
    fn a_text_of_several_words_is_read_by_them() {
        for text in [
            "Cancelado pelo cliente",
            "En attente du paiement par chèque",
            "Suspected Fraud",
            "PIX expirado",
            "Shipped - Returned to Seller",
            "Venda cancelada",
            "Zahlung fehlgeschlagen",
        ] {
            assert_eq!(meaning(text, Marks::State), Meaning::NotASale, "{text}");
        }
        for text in ["Paiement accepté", "Pedido entregue", "Order complete", "Vollständig bezahlt"] {
            assert_eq!(meaning(text, Marks::State), Meaning::Sale, "{text}");
        }
        for text in ["Payment Refund", "Nota de crédito A", "Avoir client", "Gutschrift (Kulanz)"] {
            assert_eq!(meaning(text, Marks::Kind), Meaning::Refund, "{text}");
        }
        for text in [
            "não finalizado",
            "not cancelled",
            "Partially cancelled",
            "Credit card",
            "Test drive",
            "Em aberto",
        ] {
            assert_eq!(meaning(text, Marks::State), Meaning::Unknown, "{text}");
        }
    }

    #[test]
    fn names_of_tables_that_are_no_sales_are_known() {
        for (name, word) in [
            ("Cancelados", "cancelados"),
            ("Devoluções 2026", "devolucoes"),
            ("refunds_2026.csv", "refunds"),
            ("Retouren.xlsx", "retouren"),
            ("Budget 2027", "budget"),
            ("sales_forecast.csv", "forecast"),
            ("Metas de vendas", "metas"),
            ("orçamentos.csv", "orcamentos"),
            ("previsões", "previsoes"),
            ("quotes.csv", "quotes"),
        ] {
            assert_eq!(no_sale_word(name).as_deref(), Some(word), "{name}");
        }
        for name in [
            "Pedidos",
            "sales_and_returns.csv",
            "vendas sem devoluções",
            "vendas sem orçamento",
            "metadata.csv",
            "planet.csv",
            "test.csv",
            "2026",
        ] {
            assert_eq!(no_sale_word(name), None, "{name}");
        }
    }

    #[test]
    fn payments_beside_invoices_are_no_sales() {
        let kinds = Kinds::of(["Invoice", "Payment", "Credit Memo"].into_iter());
        assert_eq!(kinds.meaning("Payment"), Meaning::NotASale);
        assert_eq!(kinds.meaning("Invoice"), Meaning::Sale);
        assert_eq!(kinds.meaning("Credit Memo"), Meaning::Refund);
        let feed = Kinds::of(["payment", "charge", "refund"].into_iter());
        assert_eq!(feed, Kinds::default(), "payments alone are the sales");
        let register = Kinds::of(["Sale", "Sale Line", "Payment"].into_iter());
        assert_eq!(register.meaning("Sale Line"), Meaning::NotASale);
        assert_eq!(Kinds::of(["Sale Line"].into_iter()).meaning("Sale Line"), Meaning::Sale);
    }

    #[test]
    fn answers_are_told_from_groups() {
        for text in ["yes", "0", "Não", "TRUE", "2026-01-02 10:00", "02/01/2026"] {
            assert!(is_an_answer(text), "{text}");
        }
        for text in ["B", "control", "30 days", "SP"] {
            assert!(!is_an_answer(text), "{text}");
        }
    }

    #[test]
    fn no_word_stands_in_two_lists() {
        let states = known_words().filter(|(meaning, _, _)| !meaning.starts_with("an id"));
        let mut all: Vec<&str> = states.map(|(_, _, word)| word).collect();
        assert!(all.iter().all(|word| normalized(word) == **word), "words are written as they are compared");
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
