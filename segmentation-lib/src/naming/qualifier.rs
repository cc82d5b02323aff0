//! Segments of one name told apart.

use std::collections::BTreeSet;

use super::{QUALIFIER, Standing};
use crate::record::Localized;
use crate::vocabulary::{Median, Qualifiers, Spend};
use crate::wording::filled;

/// What is put behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Qualifier {
    pub key: String,
    pub text: Localized,
}

/// A qualifier for each segment, all different: revenue a head, where it puts every segment into a class of
/// its own; else the median whose two nearest segments are furthest apart, by ratio; else a number.
pub(super) fn told_apart(segments: &[&Standing], texts: &Qualifiers) -> Vec<Qualifier> {
    by_spend(segments, texts)
        .or_else(|| by_median(segments, texts))
        .unwrap_or_else(|| by_number(segments, texts))
}

fn by_spend(segments: &[&Standing], texts: &Qualifiers) -> Option<Vec<Qualifier>> {
    let classes: Vec<Spend> = segments.iter().map(|s| class(s.spend)).collect::<Option<_>>()?;
    if classes.iter().collect::<BTreeSet<_>>().len() < classes.len() {
        return None;
    }
    let qualifier =
        |class: Spend| Qualifier { key: spend_key(class).to_owned(), text: texts.spend(class).clone() };
    Some(classes.into_iter().map(qualifier).collect())
}

fn spend_key(class: Spend) -> &'static str {
    match class {
        Spend::High => "high-spend",
        Spend::Above => "above-spend",
        Spend::Below => "below-spend",
        Spend::Low => "low-spend",
    }
}

fn median_key(median: Median) -> &'static str {
    match median {
        Median::Recency => "recency",
        Median::Frequency => "frequency",
        Median::Monetary => "monetary",
        Median::Tenure => "tenure",
    }
}

/// What a name is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The class of its revenue a head.
    Spend,
    /// The number of a median.
    Median(Median),
}

/// What the name of this key is told apart by, where it says something else than these figures of the segment do: a
/// median, money in currency units, and the revenue a head over that of all customers. None where either is not known.
pub(crate) fn outdated(
    key: &str,
    median: impl Fn(Median) -> Option<f64>,
    spend: Option<f64>,
) -> Option<Told> {
    let (_, qualifier) = key.split_once(QUALIFIER)?;
    if qualifier.ends_with("-spend") {
        let of_now = spend_key(class(spend?)?);
        return (of_now != qualifier).then_some(Told::Spend);
    }
    let (name, told) = qualifier.split_once(QUALIFIER)?;
    let of = Median::ALL.into_iter().find(|of| median_key(*of) == name)?;
    (number(shown(median(of)?), "", ".") != told).then_some(Told::Median(of))
}

/// The class of a revenue a head against the average; none where there is no average to speak of.
fn class(spend: f64) -> Option<Spend> {
    match spend {
        s if s >= 2.0 => Some(Spend::High),
        s if s >= 1.0 => Some(Spend::Above),
        s if s >= 0.5 => Some(Spend::Below),
        s if s < 0.5 => Some(Spend::Low),
        _ => None,
    }
}

fn by_median(segments: &[&Standing], texts: &Qualifiers) -> Option<Vec<Qualifier>> {
    let of = |median| segments.iter().map(|s| shown(value(s, median))).collect::<Vec<_>>();
    let different = |shown: &[f64]| {
        let texts: BTreeSet<String> = shown.iter().map(|&v| number(v, ",", ".")).collect();
        texts.len() == shown.len()
    };
    // A spend below nothing is returns, and no name.
    let sayable =
        |median: Median, shown: &[f64]| median != Median::Monetary || shown.iter().all(|v| *v >= 0.0);
    let candidates = Median::ALL
        .into_iter()
        .map(|m| (m, of(m)))
        .filter(|(median, shown)| sayable(*median, shown) && different(shown));
    // Later ones have to be better, so that the order of the medians decides between equals.
    let (median, numbers) = candidates
        .reduce(|best, next| if separation(&next.1) > separation(&best.1) { next } else { best })?;
    let text = texts.median(median);
    let qualifier = |&value: &f64| Qualifier {
        key: format!("{}{QUALIFIER}{}", median_key(median), number(value, "", ".")),
        text: with_number(text, value),
    };
    Some(numbers.iter().map(qualifier).collect())
}

fn value(segment: &Standing, median: Median) -> f64 {
    let medians = &segment.medians;
    match median {
        Median::Recency => medians.recency,
        Median::Frequency => medians.frequency,
        Median::Monetary => medians.monetary / 100.0,
        Median::Tenure => medians.tenure,
    }
}

/// As it stands in a name: whole from ten on, below that with one decimal.
fn shown(value: f64) -> f64 {
    // Adding 0 makes a rounded -0 a plain 0.
    if value.abs() >= 10.0 { value.round() + 0.0 } else { (value * 10.0).round() / 10.0 + 0.0 }
}

/// The least difference between two of the values, relative to the larger one's size.
fn separation(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let relative = |pair: &[f64]| (pair[1] - pair[0]) / pair[0].abs().max(pair[1].abs()).max(1.0);
    sorted.windows(2).map(relative).fold(f64::INFINITY, f64::min)
}

/// Numbers from the best segment on: by revenue a head, then by the medians, then in their order.
fn by_number(segments: &[&Standing], texts: &Qualifiers) -> Vec<Qualifier> {
    let best_first = |s: &Standing| [-s.spend, -s.medians.frequency, s.medians.recency, -s.medians.monetary];
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (segments[a], segments[b]);
        let compared = best_first(a).into_iter().zip(best_first(b)).map(|(a, b)| a.total_cmp(&b));
        let first = compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then);
        first.then(a.medians.tenure.total_cmp(&b.medians.tenure))
    });
    let mut place = vec![0; segments.len()];
    for (position, &segment) in order.iter().enumerate() {
        place[segment] = position + 1;
    }
    let qualifier = |place: usize| Qualifier {
        key: format!("group-{place}"),
        text: with_number(texts.number(), place as f64),
    };
    place.into_iter().map(qualifier).collect()
}

fn with_number(text: &Localized, value: f64) -> Localized {
    Localized {
        en: filled(&text.en, "{}", &number(value, ",", ".")),
        pt_br: filled(&text.pt_br, "{}", &number(value, ".", ",")),
    }
}

/// A shown value: one decimal where it has one, thousands apart.
fn number(value: f64, thousands: &str, decimal: &str) -> String {
    let tenths = (value.abs() * 10.0).round() as u64;
    let whole = (tenths / 10).to_string();
    let mut text = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push_str(thousands);
        }
        text.push(digit);
    }
    if tenths.is_multiple_of(10) { text } else { format!("{text}{decimal}{}", tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_in_each_languages_form() {
        let seen = [0.0, 1.5, 10.4, 1234.0, -3.25].map(|v| number(shown(v), ".", ","));
        assert_eq!(seen, ["0", "1,5", "10", "1.234", "-3,3"]);
    }

    #[test]
    fn the_nearest_two_decide_how_far_apart_values_are() {
        assert_eq!(separation(&[10.0, 40.0, 20.0]), 0.5);
        assert_eq!(separation(&[3.0, 3.0]), 0.0);
    }

    #[test]
    fn a_name_is_outdated_where_its_figure_is_another_as_shown() {
        let of = |key: &str, monetary: f64, spend: f64| {
            outdated(key, |median| (median == Median::Monetary).then_some(monetary), Some(spend))
        };
        assert_eq!(of("one_time-monetary-64", 64.3, 1.0), None);
        assert_eq!(of("one_time-monetary-64", 66.94, 1.0), Some(Told::Median(Median::Monetary)));
        assert_eq!(of("one_time-recency-64", 64.3, 1.0), None, "the median is not known");
        assert_eq!(of("loyal-above-spend", 0.0, 1.2), None);
        assert_eq!(of("loyal-above-spend", 0.0, 0.9), Some(Told::Spend));
        assert_eq!([of("loyal", 0.0, 0.9), of("loyal-group-2", 0.0, 0.9)], [None, None]);
    }

    #[test]
    fn a_class_of_spend_begins_at_its_bound() {
        let classes = [2.0, 1.99, 1.0, 0.5, 0.49, -1.0].map(class);
        use Spend::*;
        assert_eq!(classes, [High, Above, Above, Below, Low, Low].map(Some));
        assert_eq!(class(f64::NAN), None);
    }
}
