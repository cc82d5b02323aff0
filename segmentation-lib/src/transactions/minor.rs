//! Money in hundredths or millionths of its currency's unit, by the name of its column.

use super::normal::normalized;

/// Words of hundredths and millionths, with the decimal places that they are smaller by.
const WORDS: [(&str, u8); 9] = [
    ("cents", 2),
    ("centavos", 2),
    ("centimos", 2),
    ("centimes", 2),
    ("cent", 2),
    ("pence", 2),
    ("pennies", 2),
    ("micros", 6),
    ("microunits", 6),
];

/// Those with which a name of one word may end: `priceCents`. Nothing else ends so.
const ENDINGS: [&str; 3] = ["cents", "centavos", "micros"];

/// The decimal places by which a column's numbers are larger than units of the currency: 2 of `amount_cents`, 6 of
/// `amount_micros`, else 0.
pub(super) fn places(name: &str) -> u8 {
    let whole = normalized(name);
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(normalized).collect();
    let is_named = |unit: &str| {
        let ends = ENDINGS.contains(&unit) && whole.ends_with(unit);
        ends && !whole.ends_with("percents") && !whole.ends_with("accents")
            || words.iter().any(|word| word == unit)
    };
    WORDS.iter().find(|(unit, _)| is_named(unit)).map_or(0, |(_, places)| *places)
}

/// Whether numbers in a column of such a name are what it says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minor {
    rows: u64,
    /// With a fraction, which a hundredth has not.
    fractions: u64,
}

impl Minor {
    /// Notes a number.
    #[inline]
    pub fn note(&mut self, is_whole: bool) {
        self.rows += 1;
        self.fractions += u64::from(!is_whole);
    }

    /// Adds what later rows have shown.
    pub fn append(&mut self, later: Self) {
        self.rows += later.rows;
        self.fractions += later.fractions;
    }

    /// Whether one number in ten or more has a fraction: they are no hundredths, whatever the name.
    pub fn have_fractions(self) -> bool {
        self.fractions > 0 && self.fractions * 10 >= self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_unit() {
        for name in
            ["amount_cents", "Total cents", "priceCents", "valor em centavos", "amount_cents_usd", "Pence"]
        {
            assert_eq!(places(name), 2, "{name}");
        }
        assert_eq!(places("amount_micros"), 6);
        assert_eq!(places("priceMicros"), 6);
        for name in ["amount", "discount_percent", "Accents", "centre", "recent", "Microsoft", "percentage"] {
            assert_eq!(places(name), 0, "{name}");
        }
    }

    #[test]
    fn fractions_speak_against_hundredths() {
        let mut minor = Minor::default();
        (0..10).for_each(|_| minor.note(true));
        assert!(!minor.have_fractions());
        minor.note(false);
        assert!(!minor.have_fractions(), "one rounding in eleven");
        minor.note(false);
        assert!(minor.have_fractions());
    }
}
