//! Parts of the exploration that a data set may not allow.

use plotly::Plot;

/// A result, or the reason why this data set has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Section<T> {
    /// The data has what it takes.
    Present(T),
    /// What is missing, as the end of "skipped: …".
    Skipped(&'static str),
}

impl<T> Section<T> {
    /// The result, where there is one.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Skipped(_) => None,
        }
    }

    /// A part of the result, or its picture; what was skipped stays skipped.
    pub fn map<U>(&self, of: impl FnOnce(&T) -> U) -> Section<U> {
        match self {
            Self::Present(value) => Section::Present(of(value)),
            Self::Skipped(reason) => Section::Skipped(reason),
        }
    }

    /// The picture of the result; what was skipped stays skipped.
    pub fn plot<E>(&self, draw: impl FnOnce(&T) -> Result<Plot, E>) -> Result<Section<Plot>, E> {
        Ok(match self {
            Self::Present(value) => Section::Present(draw(value)?),
            Self::Skipped(reason) => Section::Skipped(reason),
        })
    }
}

/// `value`, computed only where the data has it.
pub(super) fn section<T, E>(
    present: bool,
    otherwise: &'static str,
    value: impl FnOnce() -> Result<T, E>,
) -> Result<Section<T>, E> {
    if present { Ok(Section::Present(value()?)) } else { Ok(Section::Skipped(otherwise)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_not_computed() {
        let skipped: Result<Section<u8>, ()> = section(false, "this data has no country column", || Err(()));
        assert_eq!(skipped, Ok(Section::Skipped("this data has no country column")));
        assert_eq!(section(true, "", || Ok::<_, ()>(3)), Ok(Section::Present(3)));
    }
}
