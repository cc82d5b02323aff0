//! Texts that a spreadsheet would take for formulas.

use std::borrow::Cow;

/// The text as a spreadsheet shows it without calculating: where it begins with `=`, `+`, `-`, `@`, a tab or a
/// carriage return, an apostrophe is put before it. Programs that read the file get the apostrophe too.
///
/// After OWASP, "CSV Injection".
///
/// ```
/// use segmentation_lib::export::guarded;
///
/// assert_eq!(guarded("=HYPERLINK(\"http://…\")"), "'=HYPERLINK(\"http://…\")");
/// assert_eq!(guarded("17850"), "17850");
/// ```
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}
