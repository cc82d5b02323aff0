//! Texts taken out of the file, with errors that name the line and the key.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Wording;
use super::error::{Problem, VocabularyError};
use super::file::{Both, Text, Texts};
use crate::record::Localized;

/// The file that is being read.
pub(super) struct Reader<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Reader<'_> {
    /// The line at a place, from 1.
    pub fn line(&self, place: &Range<usize>) -> usize {
        1 + self.text.as_bytes()[..place.start.min(self.text.len())].iter().filter(|&&b| b == b'\n').count()
    }

    pub fn error(&self, place: &Range<usize>, key: &str, problem: Problem) -> VocabularyError {
        VocabularyError {
            file: self.file.to_owned(),
            line: self.line(place),
            key: key.to_owned(),
            problem: Box::new(problem),
        }
    }

    /// What tells segments of one name apart is put behind a comma, so that a name has none.
    pub fn without_comma(&self, wording: &Wording, key: &Text) -> Result<(), VocabularyError> {
        match [&wording.name.en, &wording.name.pt_br].into_iter().find(|name| name.contains(',')) {
            Some(name) => Err(self.error(&key.span(), key.get_ref(), Problem::Comma(name.clone()))),
            None => Ok(()),
        }
    }

    /// What the TOML reader has refused; the key is what stands in that line before the equals sign.
    pub fn syntax(&self, error: &toml::de::Error) -> VocabularyError {
        let place = error.span().unwrap_or(0..0);
        let line = self.text.lines().nth(self.line(&place) - 1).unwrap_or_default();
        let key = line.split('=').next().unwrap_or_default().trim().trim_matches(['[', ']']);
        self.error(&place, key, Problem::Syntax(error.message().to_owned()))
    }

    /// The texts of an entry. `numbers` are the placeholders it may use, `allowed` says so in words.
    pub fn wording(
        &self,
        key: &Text,
        en: Option<Texts>,
        pt_br: Option<Texts>,
        (numbers, allowed): (&[&str], &'static str),
    ) -> Result<Wording, VocabularyError> {
        let name = key.get_ref();
        let words = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        if !name.split('_').all(words) {
            return Err(self.error(&key.span(), name, Problem::Key(name.clone())));
        }
        let (en, pt_br) = (en.unwrap_or_default(), pt_br.unwrap_or_default());
        let both = |text, en, pt_br| {
            let texts = self.both(key, text, en, pt_br)?;
            for text in [&texts.0, &texts.1] {
                self.known_placeholders(name, text, numbers, allowed)?;
            }
            Ok(Localized { en: texts.0.into_inner(), pt_br: texts.1.into_inner() })
        };
        Ok(Wording {
            key: name.clone(),
            name: both("name", en.name, pt_br.name)?,
            description: both("description", en.description, pt_br.description)?,
            action: both("action", en.action, pt_br.action)?,
        })
    }

    fn known_placeholders(
        &self,
        key: &str,
        text: &Text,
        numbers: &[&str],
        allowed: &'static str,
    ) -> Result<(), VocabularyError> {
        match placeholders(text.get_ref()).find(|seen| !numbers.contains(seen)) {
            None => Ok(()),
            Some(seen) => {
                let (seen, whole) = (seen.to_owned(), text.get_ref().clone());
                Err(self.error(&text.span(), key, Problem::Placeholder { seen, text: whole, allowed }))
            }
        }
    }

    fn both(
        &self,
        key: &Text,
        text: &'static str,
        en: Option<Text>,
        pt_br: Option<Text>,
    ) -> Result<(Text, Text), VocabularyError> {
        let filled = |text: Option<Text>| text.filter(|t| !t.get_ref().trim().is_empty());
        let missing = |language| self.error(&key.span(), key.get_ref(), Problem::Missing { text, language });
        Ok((filled(en).ok_or_else(|| missing("en"))?, filled(pt_br).ok_or_else(|| missing("pt_br"))?))
    }

    /// A qualifier: with one `{}` for a number, or with none.
    pub fn qualifier(&self, key: &str, both: Both, with_number: bool) -> Result<Localized, VocabularyError> {
        for text in [&both.en, &both.pt_br] {
            let seen = text.get_ref();
            if seen.matches("{}").count() != usize::from(with_number) {
                let problem = if with_number {
                    Problem::Number(seen.clone())
                } else {
                    Problem::Placeholder { seen: "{}".into(), text: seen.clone(), allowed: "no brackets" }
                };
                return Err(self.error(&text.span(), key, problem));
            }
        }
        Ok(Localized { en: both.en.into_inner(), pt_br: both.pt_br.into_inner() })
    }

    /// Keys, and names in each language, stand once each.
    pub fn unique(&self, entries: &[(&Wording, Range<usize>)]) -> Result<(), VocabularyError> {
        let of_each: [fn(&Wording) -> &str; 3] = [|w| &w.key, |w| &w.name.en, |w| &w.name.pt_br];
        for text in of_each {
            let mut seen = BTreeMap::new();
            for (wording, place) in entries {
                if let Some(line) = seen.insert(text(wording), self.line(place)) {
                    let problem = Problem::Twice { text: text(wording).to_owned(), line };
                    return Err(self.error(place, &wording.key, problem));
                }
            }
        }
        Ok(())
    }
}

/// What stands in curly brackets, with them.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').map(|(start, _)| match text[start..].find('}') {
        Some(length) => &text[start..=start + length],
        None => &text[start..],
    })
}
