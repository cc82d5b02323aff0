//! PostgreSQL's `numeric` as it is sent: groups of four decimal digits.

/// What a sent `numeric` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numeric {
    /// A whole number of units of the scale that was asked for.
    Units(i128),
    /// NaN or infinite.
    NoNumber,
    /// More digits than are held, or more behind the point than the scale has.
    TooLong,
    /// Bytes that are none.
    Damaged,
}

/// Digits that are held; those of a Parquet decimal.
pub(super) const DIGITS: u32 = 38;

const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0;

/// Reads a `numeric` in units of 10^-scale.
///
/// The bytes are the number of groups, the weight of the first (a power of 10,000), sign, digits shown behind the point,
/// then the groups, two bytes each.
pub(super) fn read(bytes: &[u8], scale: u32) -> Numeric {
    let Some(([groups, weight, sign, _], digits)) = header(bytes) else { return Numeric::Damaged };
    if digits.len() != 2 * usize::from(groups) {
        return Numeric::Damaged;
    }
    let negative = match sign {
        POSITIVE => false,
        NEGATIVE => true,
        _ => return Numeric::NoNumber,
    };
    let weight = i32::from(weight as i16);
    let mut units: i128 = 0;
    for (at, group) in (0..).zip(digits.chunks_exact(2)) {
        let group = i128::from(u16::from_be_bytes([group[0], group[1]]));
        // What a group's last digit is worth, in powers of ten of a unit.
        let power = 4 * (weight - at) + scale as i32;
        match scaled(group, power).and_then(|part| units.checked_add(part)) {
            Some(sum) => units = sum,
            None => return Numeric::TooLong,
        }
    }
    if units >= 10_i128.pow(DIGITS) {
        return Numeric::TooLong;
    }
    Numeric::Units(if negative { -units } else { units })
}

fn header(bytes: &[u8]) -> Option<([u16; 4], &[u8])> {
    let (head, digits) = bytes.split_at_checked(8)?;
    Some((std::array::from_fn(|at| u16::from_be_bytes([head[2 * at], head[2 * at + 1]])), digits))
}

/// `group` times ten to the `power`; none where digits would be lost.
fn scaled(group: i128, power: i32) -> Option<i128> {
    if group == 0 {
        return Some(0);
    }
    match u32::try_from(power) {
        Ok(power) => 10_i128.checked_pow(power).and_then(|factor| group.checked_mul(factor)),
        Err(_) => {
            let divisor = 10_i128.checked_pow(power.unsigned_abs())?;
            (group % divisor == 0).then_some(group / divisor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(groups: &[u16], weight: i16, sign: u16) -> Vec<u8> {
        let head = [groups.len() as u16, weight as u16, sign, 0];
        head.iter().chain(groups).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn groups_become_units_of_the_scale() {
        // 12345.67 is 1, 2345, 6700 from weight 1 on.
        assert_eq!(read(&sent(&[1, 2345, 6700], 1, 0), 2), Numeric::Units(1_234_567));
        assert_eq!(read(&sent(&[1, 2345, 6700], 1, NEGATIVE), 4), Numeric::Units(-123_456_700));
        assert_eq!(read(&sent(&[50], -1, 0), 4), Numeric::Units(50));
        assert_eq!(read(&sent(&[3], 1, 0), 0), Numeric::Units(30_000));
        assert_eq!(read(&sent(&[], 0, 0), 2), Numeric::Units(0));
    }

    #[test]
    fn no_digit_is_lost_silently() {
        assert_eq!(read(&sent(&[6789], -1, 0), 2), Numeric::TooLong);
        assert_eq!(read(&sent(&[1], 30, 0), 2), Numeric::TooLong);
        assert_eq!(read(&sent(&[1], 9, 0), 2), Numeric::TooLong);
        assert_eq!(read(&sent(&[9999], 8, 0), 2), Numeric::Units(9999 * 10_i128.pow(34)));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for sign in [0xC000, 0xD000, 0xF000] {
            assert_eq!(read(&sent(&[], 0, sign), 2), Numeric::NoNumber);
        }
        assert_eq!(read(&[0, 1], 2), Numeric::Damaged);
        assert_eq!(read(&sent(&[1, 2], 0, 0)[..10], 2), Numeric::Damaged);
    }
}
