//! The name that a vocabulary gives a segment, of either kind, and its texts.

use super::phrases::phrases;
use super::{Clock, Named, Standing};
use crate::proportion::Proportion;
use crate::record::Localized;
use crate::vocabulary::{OutlookName, SegmentName, Vocabulary, Wording};

/// A name of a vocabulary.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'v> {
    /// By silence and number of purchases.
    Past(&'v SegmentName),
    /// By what is expected.
    Ahead(&'v OutlookName),
}

impl<'v> Given<'v> {
    /// The name of a segment.
    pub fn of(segment: &Standing, average: Proportion, clock: &Clock, vocabulary: &'v Vocabulary) -> Self {
        match (&segment.outlook, &vocabulary.outlook) {
            (Some(outlook), Some(names)) => Self::Ahead(names.name(outlook)),
            _ => {
                let cell = segment.cell(average, clock, vocabulary);
                Self::Past(vocabulary.segments.name(cell, segment.medians.tenure))
            }
        }
    }

    /// Every name.
    pub fn all(vocabulary: &'v Vocabulary) -> impl Iterator<Item = Self> {
        let ahead = vocabulary.outlook.iter().flat_map(|names| names.names()).map(Self::Ahead);
        vocabulary.segments.names().iter().map(Self::Past).chain(ahead)
    }

    pub fn wording(self) -> &'v Wording {
        match self {
            Self::Past(name) => &name.wording,
            Self::Ahead(name) => &name.wording,
        }
    }

    /// Its texts, with the numbers in them.
    pub fn worded(self, clock: &Clock) -> Named {
        let numbers = self.numbers(clock);
        let filled = |text: &str, number: fn(&Localized) -> &str| {
            numbers.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, number(to)))
        };
        let both = |text: &Localized| Localized {
            en: filled(&text.en, |number| &number.en),
            pt_br: filled(&text.pt_br, |number| &number.pt_br),
        };
        let texts = self.wording();
        Named {
            key: texts.key.clone(),
            name: both(&texts.name),
            description: both(&texts.description),
            action: both(&texts.action),
        }
    }

    fn numbers(self, clock: &Clock) -> Vec<(&'static str, Localized)> {
        match self {
            Self::Past(name) => {
                let first = name.first_purchase_within_days.unwrap_or_default();
                let days = [("{active}", clock.active_days), ("{away}", clock.away_days), ("{first}", first)];
                let days = days.map(|(place, days)| (place, number(f64::from(days))));
                days.into_iter().chain(phrases(clock)).collect()
            }
            Self::Ahead(name) => {
                let share = number(name.alive_from.unwrap_or_default() * 100.0);
                let percent =
                    Localized { en: format!("{} %", share.en), pt_br: format!("{} %", share.pt_br) };
                vec![("{alive}", percent), ("{expected}", number(name.expected_from.unwrap_or_default()))]
            }
        }
    }
}

/// As short as it can be: `2`, `1.5`, in Portuguese `1,5`.
fn number(value: f64) -> Localized {
    // Rounded first: 62.5 % is not 62.50000000000001 %.
    let en = ((value * 100.0).round() / 100.0).to_string();
    Localized { pt_br: en.replace('.', ","), en }
}
