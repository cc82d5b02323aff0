//! Names of months, weekdays and time zones.

/// Bytes of the longest name, `septiembre`, `donnerstag`.
const LONGEST_NAME: usize = 10;

/// The word in lower case as `of` reads it; `None` for one that is longer than every name.
fn lowered<T>(word: &[u8], of: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let mut buffer = [0; LONGEST_NAME];
    if !word.is_ascii() {
        return of(&std::str::from_utf8(word).ok()?.to_lowercase());
    }
    let lowered = buffer.get_mut(..word.len())?;
    lowered.copy_from_slice(word);
    lowered.make_ascii_lowercase();
    of(std::str::from_utf8(lowered).ok()?)
}

/// The month that a word names in English, Portuguese, Spanish, German or French, written out or abbreviated as usual.
/// Nothing else is a month: `Marble 3 2013` is a product, and to take it for a date would hide a column
/// that was chosen by mistake.
pub(super) fn month_of(word: &[u8]) -> Option<u32> {
    lowered(word, |word| {
        let month = match word {
            "jan" | "january" | "janeiro" | "ene" | "enero" | "januar" | "janv" | "janvier" => 1,
            "feb" | "febr" | "february" | "fev" | "fevereiro" | "febrero" | "februar" | "fevr" | "févr"
            | "fév" | "fevrier" | "février" => 2,
            // Portuguese people type it without the cedilla too; with it, it is one character or two.
            "mar" | "march" | "marco" | "março" | "marc\u{327}o" | "marzo" | "mär" | "märz" | "maerz"
            | "mrz" | "mars" => 3,
            "apr" | "april" | "abr" | "abril" | "avr" | "avril" => 4,
            "may" | "mai" | "maio" | "mayo" => 5,
            "jun" | "june" | "junho" | "junio" | "juni" | "juin" => 6,
            "jul" | "july" | "julho" | "julio" | "juli" | "juil" | "juillet" => 7,
            "aug" | "august" | "ago" | "agosto" | "août" | "aout" => 8,
            "sep" | "sept" | "september" | "set" | "setembro" | "septiembre" | "setiembre" | "septembre" => 9,
            "oct" | "october" | "out" | "outubro" | "octubre" | "okt" | "oktober" | "octobre" => 10,
            "nov" | "november" | "novembro" | "noviembre" | "novembre" => 11,
            "dec" | "december" | "dez" | "dezembro" | "dic" | "diciembre" | "dezember" | "déc"
            | "decembre" | "décembre" => 12,
            _ => return None,
        };
        Some(month)
    })
}

/// Whether a word is a weekday in one of these languages.
pub(super) fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&str; 73] = [
        "mon",
        "monday",
        "tue",
        "tues",
        "tuesday",
        "wed",
        "weds",
        "wednesday",
        "thu",
        "thur",
        "thurs",
        "thursday",
        "fri",
        "friday",
        "sat",
        "saturday",
        "sun",
        "sunday",
        "seg",
        "segunda",
        "ter",
        "terça",
        "terca",
        "qua",
        "quarta",
        "qui",
        "quinta",
        "sex",
        "sexta",
        "sab",
        "sáb",
        "sábado",
        "sabado",
        "dom",
        "domingo",
        "lun",
        "lunes",
        "martes",
        "mié",
        "mie",
        "miércoles",
        "jue",
        "jueves",
        "vie",
        "viernes",
        "mo",
        "montag",
        "di",
        "dienstag",
        "mi",
        "mittwoch",
        "do",
        "donnerstag",
        "fr",
        "freitag",
        "sa",
        "samstag",
        "so",
        "sonntag",
        "lundi",
        "mardi",
        "mer",
        "mercredi",
        "jeu",
        "jeudi",
        "ven",
        "vendredi",
        "sam",
        "samedi",
        "dim",
        "dimanche",
        "mar",
        "miercoles",
    ];
    lowered(word, |word| DAYS.contains(&word).then_some(())).is_some()
}

/// Whether a word abbreviates a time zone.
pub(super) fn is_zone(word: &[u8]) -> bool {
    const ZONES: [&str; 34] = [
        "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "AST",
        "ADT", "NST", "BRT", "BRST", "ART", "CLT", "COT", "WET", "WEST", "CET", "CEST", "MEZ", "MESZ", "EET",
        "EEST", "BST", "MSK", "IST", "JST", "AEST",
    ];
    ZONES.iter().any(|zone| zone.as_bytes() == word)
}
