//! Customer ids that stand for nobody, and ids that a spreadsheet destroyed.

use super::normal::normalized;
use super::sum_words::is_a_sum_of;

/// What is wrong with a customer id. Found once for each distinct id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdFlaw {
    /// It stands for everybody who is not known.
    Placeholder,
    /// It is longer than what a run stores.
    TooLong,
    /// A number as a spreadsheet shortens it: `7.89E+12`.
    Scientific,
    /// A long number whose digits after the fifteenth are zeros: more than a spreadsheet keeps.
    Rounded,
}

/// Names for customers who are not known, without accents, spaces and marks.
pub(super) const NOBODY: &[&str] = &[
    // English
    "guest",
    "guests",
    "guestcheckout",
    "guestcustomer",
    "guestuser",
    "anonymous",
    "anon",
    "anonymouscustomer",
    "anonymoususer",
    "unknown",
    "unknowncustomer",
    "walkin",
    "walkincustomer",
    "walkinclient",
    "cash",
    "cashcustomer",
    "cashsale",
    "countersale",
    "nocustomer",
    "noname",
    "nobody",
    "notavailable",
    "notprovided",
    "notset",
    "unregistered",
    "unidentified",
    "nonmember",
    "undefined",
    "missing",
    "default",
    "defaultcustomer",
    "retailcustomer",
    "genericcustomer",
    "onetimecustomer",
    "noemail",
    "noreply",
    // Rows of sums under a table, in all languages
    "total",
    "totals",
    "totais",
    "totales",
    "subtotal",
    "subtotals",
    "subtotais",
    "grandtotal",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "zwischensumme",
    "totalgeral",
    "soma",
    "suma",
    "sumatotal",
    "totalgeneral",
    "somme",
    "pos",
    "particular",
    "nd",
    "diversos",
    "clientediversos",
    "cliente",
    "customer",
    "kunde",
    // Portuguese
    "consumidorfinal",
    "consumidor",
    "consumidornaoidentificado",
    "clientenaoidentificado",
    "naoidentificado",
    "naoinformado",
    "naocadastrado",
    "semcadastro",
    "semcliente",
    "semidentificacao",
    "clientebalcao",
    "balcao",
    "vendabalcao",
    "clienteavulso",
    "avulso",
    "clientepadrao",
    "clientediverso",
    "clientesdiversos",
    "anonimo",
    "convidado",
    "visitante",
    "desconhecido",
    "semcpf",
    "clientefinal",
    "clientegenerico",
    "isento",
    "isenta",
    "aoconsumidor",
    "vendaaoconsumidor",
    "vendaconsumidor",
    "vendaavista",
    "vendasavista",
    "semnome",
    "naoidentificada",
    "naoinformada",
    "naoinformou",
    // Addresses that are typed in where somebody has none
    "test",
    "teste",
    "testeteste",
    "testtest",
    "sememail",
    "semmail",
    "naotem",
    "naotememail",
    "naopossui",
    "naopossuiemail",
    // Spanish
    "invitado",
    "anonima",
    "desconocido",
    "publicogeneral",
    "publicoengeneral",
    "clientegeneral",
    "clientemostrador",
    "mostrador",
    "clientevarios",
    "clientesvarios",
    "clientecontado",
    "sincliente",
    "sinidentificar",
    "noidentificado",
    "clientenoidentificado",
    "consumidorgenerico",
    "clienteocasional",
    "ventamostrador",
    // German
    "gast",
    "gastkunde",
    "gastbestellung",
    "gaste",
    "anonym",
    "unbekannt",
    "unbekannterkunde",
    "laufkunde",
    "laufkundschaft",
    "barkunde",
    "barverkauf",
    "kassenkunde",
    "diverse",
    "diversekunden",
    "standardkunde",
    "ohnekunde",
    "ohnekundennummer",
    "cpdkunde",
    "thekenkunde",
    "nichtregistriert",
    // French
    "invite",
    "anonyme",
    "inconnu",
    "clientinconnu",
    "comptoir",
    "clientcomptoir",
    "clientdepassage",
    "passage",
    "clientdivers",
    "clientsdivers",
    "divers",
    "nonrenseigne",
    "nonidentifie",
    "sansclient",
    "clientanonyme",
];

/// Marks that stand for nothing, alone or repeated.
const MARKS: [char; 7] = ['-', '–', '—', '?', '*', '/', '_'];

/// Digits from which on one digit over and over is no number that was given to somebody: 000.000.000-00,
/// 99999999999.
pub(super) const REPEATED: usize = 9;

/// What is wrong with `id`, which may have `longest` bytes.
pub(super) fn flaw(id: &str, longest: usize) -> Option<IdFlaw> {
    if id.len() > longest {
        Some(IdFlaw::TooLong)
    } else if is_placeholder(id) {
        Some(IdFlaw::Placeholder)
    } else if is_scientific(id) {
        Some(IdFlaw::Scientific)
    } else if is_rounded(id) {
        Some(IdFlaw::Rounded)
    } else {
        None
    }
}

/// Whether the id stands for nobody.
fn is_placeholder(id: &str) -> bool {
    if is_a_sum_of(id) {
        return true;
    }
    let first = id.as_bytes().first().copied().unwrap_or(b' ');
    if first.is_ascii_digit() || first == b'-' {
        return id == "-1" || is_one_digit(id) || id.chars().all(|c| MARKS.contains(&c));
    }
    if id.len() > 60 {
        return false;
    }
    let name = id.split_once('@').map_or(id, |(name, _)| name);
    // A word for nobody has no digits; nearly every id has.
    if name.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    id.chars().all(|c| MARKS.contains(&c)) || NOBODY.contains(&normalized(name).as_str())
}

/// Zeros in any form (`0`, `0.00`, `00000000-0000-…`), or nine and more of another digit.
fn is_one_digit(id: &str) -> bool {
    let mut digits = id.bytes().filter(u8::is_ascii_digit);
    let Some(first) = digits.next() else { return false };
    let marks = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'/' | b' ');
    digits.clone().all(|digit| digit == first)
        && id.bytes().all(marks)
        && (first == b'0' || digits.count() + 1 >= REPEATED)
}

/// `7.89E+12`: what Excel shows and saves of a long number in a narrow column.
fn is_scientific(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['E', 'e']) else { return false };
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && digits(exponent) && exponent.len() <= 3
}

/// Digits that a spreadsheet keeps of a number; it writes zeros for the others.
const KEPT_DIGITS: usize = 15;

/// Whether the id is a number that is longer than a spreadsheet keeps.
pub(super) fn is_long_number(id: &str) -> bool {
    id.len() > KEPT_DIGITS && id.bytes().all(|b| b.is_ascii_digit())
}

fn is_rounded(id: &str) -> bool {
    is_long_number(id) && id.bytes().skip(KEPT_DIGITS).all(|b| b == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_recognised_in_five_languages() {
        for id in [
            "0",
            "-1",
            "-",
            "--",
            "000",
            "0.00",
            "000.000.000-00",
            "00000000000",
            "111.111.111-11",
            "99999999999",
            "Guest",
            "ANONYMOUS",
            "walk-in",
            "Walk In Customer",
            "CONSUMIDOR FINAL",
            "Não identificado",
            "Público en general",
            "Gast",
            "Laufkunde",
            "Client de passage",
            "guest@example.org",
            "ISENTO",
            "AO CONSUMIDOR",
            "Venda à vista",
            "test@test.com",
            "teste@teste.com.br",
            "sememail@loja.com.br",
            "nao_tem@x.com",
            "?",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(flaw(id, 256), Some(IdFlaw::Placeholder), "{id}");
        }
    }

    #[test]
    fn awkward_ids_are_somebody() {
        for id in [
            "00001",
            "1",
            "-12",
            "99999",
            "111",
            "..",
            "#12",
            "100%",
            "'or 1=1",
            "Gustav",
            "Zoë Ünal",
            "客户-9",
            "guest-17",
            "a/b-77",
            "12346",
            "7E12",
            "ana@example.org",
            "testa@example.org",
            "admin@loja.com.br",
            "Isento Alves",
            "E+5",
            "&amp;",
            "00042",
        ] {
            assert_eq!(flaw(id, 256), None, "{id}");
        }
    }

    #[test]
    fn numbers_that_a_spreadsheet_shortened_are_seen() {
        for id in ["7.89E+12", "1E+15", "7,84512E+12", "4.2e+10"] {
            assert_eq!(flaw(id, 256), Some(IdFlaw::Scientific), "{id}");
        }
        for id in ["7.89E12", "E+12", "AE+12", "12.5E+3", "1E+", "1.E+3"] {
            assert_eq!(flaw(id, 256), None, "{id}");
        }
    }

    #[test]
    fn long_numbers_that_a_spreadsheet_rounded_are_seen() {
        assert_eq!(flaw("4111111111111110", 256), Some(IdFlaw::Rounded));
        assert_eq!(flaw("411111111111111000", 256), Some(IdFlaw::Rounded));
        for id in ["4111111111111111", "411111111111110", "411111111111111x0"] {
            assert_eq!(flaw(id, 256), None, "{id}");
        }
    }

    #[test]
    fn an_id_may_be_as_long_as_a_run_stores() {
        assert_eq!(flaw(&"é".repeat(128), 256), None);
        assert_eq!(flaw(&"é".repeat(129), 256), Some(IdFlaw::TooLong));
    }
}
