//! Names and words as they are compared, however they are written.

/// Lower case, accents folded, letters and digits only.
pub(super) fn normalized(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(unaccented).filter(|c| c.is_alphanumeric()).collect()
}

fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'º' => 'o',
        'ª' => 'a',
        other => other,
    }
}
