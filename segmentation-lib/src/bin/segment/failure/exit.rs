//! The exit codes, in one table: `--help` prints it, and the program ends by it.

use segmentation_lib::ErrorKind;

struct Row {
    code: u8,
    /// The library's errors that end so.
    kinds: &'static [ErrorKind],
    meaning: &'static str,
}

const fn row(code: u8, kinds: &'static [ErrorKind], meaning: &'static str) -> Row {
    Row { code, kinds, meaning }
}

/// Codes without kinds are those of the command line itself, and those that are kept free.
const TABLE: [Row; 9] = [
    row(0, &[], "success"),
    row(
        1,
        &[ErrorKind::Failure],
        "failure: the disk, the network, credentials, or a check found a difference",
    ),
    row(2, &[], "wrong usage"),
    row(3, &[ErrorKind::Data, ErrorKind::Parameter], "the data or the parameters cannot be used"),
    row(4, &[ErrorKind::NotFound], "a run, customer, data set or bucket was not found"),
    row(5, &[ErrorKind::Store], "the store or bucket is damaged, in use, or refuses"),
    row(6, &[ErrorKind::Loss], "cleaning lost too much of the data; nothing was published"),
    row(7, &[ErrorKind::Question], "there is a question that only the user can answer"),
    row(130, &[ErrorKind::Cancelled], "interrupted"),
];

/// The exit code of an error of this kind; 1 for a kind that has none of its own.
pub fn code(kind: ErrorKind) -> u8 {
    TABLE.iter().find(|row| row.kinds.contains(&kind)).map_or(1, |row| row.code)
}

/// The table as `--help` prints it.
pub fn exit_codes() -> String {
    let rows = TABLE.iter().map(|row| format!("\n  {:>3}  {}", row.code, row.meaning));
    format!("Exit codes:{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_stands_in_one_row() {
        for kind in ErrorKind::ALL {
            let rows = TABLE.iter().filter(|row| row.kinds.contains(&kind)).count();
            assert_eq!(rows, 1, "{kind:?}");
        }
    }

    #[test]
    fn codes_ascend_and_are_unique() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
