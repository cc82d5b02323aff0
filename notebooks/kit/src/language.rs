//! The language of what is shown: one switch for prose, titles, axes, tables and cards.
//!
//! Where no language is chosen, prose stands in both, Portuguese first; a picture or a table has room for one, and is
//! in English.

mod terms;

use std::cell::Cell;
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};

use segmentation_lib::record::Localized;
use segmentation_lib::wording;

pub(crate) use terms::term;

/// A language that texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Brazilian Portuguese.
    PtBr,
    /// English.
    En,
}

impl Language {
    /// The text in this language.
    pub(crate) fn of(self, text: &Localized) -> &str {
        if self == Self::En { &text.en } else { &text.pt_br }
    }
}

/// A language that nothing is written in.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be in {0:?}; pt, en or both is allowed (REPORT_LANG)")]
pub struct UnknownLanguage(String);

/// The names of the choices, and the languages of prose under each.
const CHOICES: [(&str, &[Language]); 3] =
    [("both", &[Language::PtBr, Language::En]), ("pt", &[Language::PtBr]), ("en", &[Language::En])];

/// What was chosen for the whole notebook, as an index into [`CHOICES`].
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// What overrides the choice while [`within`] works.
    static WITHIN: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Writes everything that follows in a language: `pt`, `en`, or `both` for prose in both and pictures in English.
///
/// # Errors
/// Any other name.
pub fn report_in(name: &str) -> Result<(), UnknownLanguage> {
    let found = CHOICES.iter().position(|(known, _)| *known == name.trim());
    let choice = found.ok_or_else(|| UnknownLanguage(name.to_owned()))?;
    CHOSEN.store(choice, Ordering::Relaxed);
    Ok(())
}

/// A text in the language of pictures and tables.
pub fn localized(text: &Localized) -> &str {
    language().of(text)
}

/// The languages of prose, in their order.
pub(crate) fn languages() -> &'static [Language] {
    match WITHIN.get() {
        Some(Language::PtBr) => &[Language::PtBr],
        Some(Language::En) => &[Language::En],
        None => CHOICES[CHOSEN.load(Ordering::Relaxed)].1,
    }
}

/// The language of what has room for one.
pub(crate) fn language() -> Language {
    match languages() {
        [only] => *only,
        _ => Language::En,
    }
}

/// What `make` returns in a language, whatever is chosen.
pub(crate) fn within<T>(language: Language, make: impl FnOnce() -> T) -> T {
    let before = WITHIN.replace(Some(language));
    let made = make();
    WITHIN.set(before);
    made
}

/// Prints a sentence in the languages of prose: a line in each.
pub fn say(pt_br: impl Display, en: impl Display) {
    for language in languages() {
        match language {
            Language::PtBr => println!("{pt_br}"),
            Language::En => println!("{en}"),
        }
    }
}

/// One of two texts, by the language of pictures and tables.
pub fn pick<T>(pt_br: T, en: T) -> T {
    if language() == Language::En { en } else { pt_br }
}

/// A text with values, written in both languages beside each other.
macro_rules! said {
    ($pt_br:literal, $en:literal $(, $value:expr)* $(,)?) => {
        match $crate::language::language() {
            $crate::language::Language::PtBr => format!($pt_br $(, $value)*),
            $crate::language::Language::En => format!($en $(, $value)*),
        }
    };
}
pub(crate) use said;

/// A number of the English wording.
pub(crate) fn number(english: impl AsRef<str>) -> String {
    match language() {
        Language::PtBr => wording::portuguese(english.as_ref()),
        Language::En => english.as_ref().to_owned(),
    }
}

/// [`wording::integer`] in the language.
pub(crate) fn integer(value: impl TryInto<i128>) -> String {
    number(wording::integer(value))
}

/// [`wording::decimal`] in the language.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    number(wording::decimal(value, digits))
}

/// [`wording::decimal`] in the language, with its sign.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    let text = decimal(value, digits);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

/// [`wording::percent`] in the language.
pub(crate) fn percent(share: f64) -> String {
    number(wording::percent(share))
}

/// [`wording::money`] in the language.
pub(crate) fn money(pennies: i64) -> String {
    number(wording::money(pennies))
}

/// A figure as the tables of the library write it, with its interval or what it is a part of: `30.0 % (18.1 to 45.4) of 40`.
pub(crate) fn figure(english: &str) -> String {
    match language() {
        Language::PtBr => wording::portuguese(&english.replace(" to ", " a ").replace(" of ", " de ")),
        Language::En => english.to_owned(),
    }
}

/// Months as prose calls them, in Portuguese and English.
const MONTHS: [(&str, &str); 12] = [
    ("janeiro", "January"),
    ("fevereiro", "February"),
    ("março", "March"),
    ("abril", "April"),
    ("maio", "May"),
    ("junho", "June"),
    ("julho", "July"),
    ("agosto", "August"),
    ("setembro", "September"),
    ("outubro", "October"),
    ("novembro", "November"),
    ("dezembro", "December"),
];

/// A month such as `2011-11` as prose writes it: `November 2011`; what is no month stays as it is.
pub(crate) fn month(iso: &str) -> String {
    let Some((year, number)) = iso.split_once('-') else { return iso.to_owned() };
    let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    match place.and_then(|place| MONTHS.get(place)) {
        Some((pt_br, en)) => match language() {
            Language::PtBr => format!("{pt_br} de {year}"),
            Language::En => format!("{en} {year}"),
        },
        None => iso.to_owned(),
    }
}

/// [`wording::compact`] in the language.
pub(crate) fn compact(value: f64) -> String {
    let text = number(wording::compact(value));
    if language() == Language::En {
        return text;
    }
    let one = if text.trim_start_matches('-').starts_with("1,") { 0 } else { 1 };
    text.replace(" thousand", " mil")
        .replace(" million", [" milhão", " milhões"][one])
        .replace(" billion", [" bilhão", " bilhões"][one])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_stands_in_both_languages_and_pictures_in_english_unless_one_is_chosen() {
        assert_eq!((languages(), language()), (&[Language::PtBr, Language::En][..], Language::En));
        let chosen = within(Language::PtBr, || (languages(), language()));
        assert_eq!(chosen, (&[Language::PtBr][..], Language::PtBr));
        assert_eq!(language(), Language::En);
    }

    #[test]
    fn an_unknown_language_is_named_with_those_that_are_allowed() {
        let error = report_in("de").expect_err("nothing is written in it");
        assert_eq!(
            error.to_string(),
            "the report cannot be in \"de\"; pt, en or both is allowed (REPORT_LANG)"
        );
    }

    #[test]
    fn months_are_called_by_their_names() {
        let shown = || ["2011-11", "2012-13", "mês"].map(month);
        assert_eq!(shown(), ["November 2011", "2012-13", "mês"]);
        assert_eq!(within(Language::PtBr, shown)[0], "novembro de 2011");
    }

    #[test]
    fn numbers_follow_the_language() {
        let texts = || [percent(0.125), money(123_456), compact(1_230_000.0), compact(8_911_407.9)];
        assert_eq!(texts(), ["12.5 %", "1,234.56", "1.23 million", "8.91 million"]);
        assert_eq!(within(Language::PtBr, texts), ["12,5 %", "1.234,56", "1,23 milhão", "8,91 milhões"]);
        assert_eq!((signed(0.5, 1), signed(-0.5, 1)), ("+0.5".to_owned(), "-0.5".to_owned()));
    }

    #[test]
    fn a_text_with_values_may_order_them_differently() {
        let text = || said!("{1} de {0}", "{0} of {1}", 3, "x");
        assert_eq!((text(), within(Language::PtBr, text)), ("3 of x".to_owned(), "x de 3".to_owned()));
    }
}
