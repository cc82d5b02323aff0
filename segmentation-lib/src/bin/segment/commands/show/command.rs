//! The command that makes a run again, from what its manifest records.

use clap::{CommandFactory, Parser};
use segmentation_lib::catalogue;
use segmentation_lib::pipeline::CONTINUED;
use segmentation_lib::record::Manifest;
use serde_json::Value;

use crate::args::Cli;
use crate::failure::{Failure, Result};

/// The words of the command.
pub fn words(manifest: &Manifest) -> Result<Vec<String>> {
    let mut words: Vec<String> = verb(manifest).iter().map(|&word| word.to_owned()).collect();
    words.extend(source(manifest));
    for (name, value) in manifest.parameters.iter().filter(|(name, _)| is_flag(name)) {
        words.extend(flags(name, value));
    }
    words.extend(flags("seed", &manifest.seed.into()));
    // A run of an earlier version may record what this command line does not read.
    match Cli::try_parse_from(&words) {
        Ok(_) => Ok(words),
        Err(error) => {
            let (run_id, command) = (&manifest.run_id, quoted(&words));
            Err(Failure::Failed(format!(
                "run {run_id} is recorded in another form than is read today: {command}: {error}"
            )))
        }
    }
}

/// A run that fitted its model fits again, from what it continued or afresh; one that applied the model in force
/// applies what is in force.
fn verb(manifest: &Manifest) -> &'static [&'static str] {
    match &manifest.model {
        Some(model) if model.fitted_at != manifest.created_at => &["segment", "run"],
        _ if manifest.parameters.contains_key(CONTINUED) => &["segment", "refit"],
        _ => &["segment", "refit", "--afresh"],
    }
}

fn source(manifest: &Manifest) -> Vec<String> {
    let name = manifest.source.dataset.as_str();
    if catalogue::dataset(name).is_ok() {
        return flag("dataset", name);
    }
    // A table's address is a parameter, as what is read there is; so are files of customers.
    let is_named = ["input", "customers"].iter().any(|flag| manifest.parameters.contains_key(*flag));
    let files = manifest.source.inputs.iter().filter(|_| !is_named);
    let mut words: Vec<String> = files.flat_map(|input| flag("input", &input.name)).collect();
    if name != "custom" {
        words.extend(flag("name", name));
    }
    words
}

fn is_flag(name: &str) -> bool {
    let cli = Cli::command();
    let run = cli.find_subcommand("run").expect("the program has this command");
    run.get_arguments().any(|argument| argument.get_long() == Some(name))
}

/// A parameter as flags: none where it was not given, one for each value of a list.
pub fn flags(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Bool(true) => vec![format!("--{name}")],
        Value::Array(values) => values.iter().flat_map(|value| flags(name, value)).collect(),
        Value::String(text) => flag(name, text),
        other => flag(name, &other.to_string()),
    }
}

fn flag(name: &str, value: &str) -> Vec<String> {
    // A value that looks like a flag is taken for one, unless it is part of the word.
    if value.starts_with('-') {
        vec![format!("--{name}={value}")]
    } else {
        vec![format!("--{name}"), value.to_owned()]
    }
}

/// The words as a POSIX shell reads them.
pub fn quoted(words: &[String]) -> String {
    words.iter().map(|word| quoted_word(word)).collect::<Vec<_>>().join(" ")
}

fn quoted_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_becomes_the_flags_that_say_it() {
        assert_eq!(flags("decimal", &Value::Null), Vec::<String>::new());
        assert_eq!(flags("validate", &json!(false)), Vec::<String>::new());
        assert_eq!(flags("validate", &json!(true)), ["--validate"]);
        assert_eq!(flags("min-share", &json!(0.05)), ["--min-share", "0.05"]);
        assert_eq!(flags("skip-rule", &json!(["a", "b"])), ["--skip-rule", "a", "--skip-rule", "b"]);
        assert_eq!(flags("input", &json!("-x.csv")), ["--input=-x.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_every_word_as_it_was() {
        let words =
            ["plain", "", "Client No", "it's", "$HOME `ls` \"x\" \\ *", "a\nb", "preço"].map(str::to_owned);
        let script = format!("printf '%s\\0' {}", quoted(&words));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
        let read: Vec<&str> =
            std::str::from_utf8(&output.stdout).expect("UTF-8").split_terminator('\0').collect();
        assert_eq!(read, words);
    }

    /// What a POSIX shell makes of one word: quotes keep everything, a backslash outside them the next character.
    fn as_read(word: &str) -> Option<String> {
        let (mut read, mut inside, mut chars) = (String::new(), false, word.chars());
        while let Some(c) = chars.next() {
            match c {
                '\'' => inside = !inside,
                '\\' if !inside => read.push(chars.next()?),
                ' ' | '$' | '`' | '"' | '*' | ';' if !inside => return None,
                c => read.push(c),
            }
        }
        (!inside).then_some(read)
    }

    proptest! {
        #[test]
        fn a_quoted_word_reads_back(word in "\\PC{0,12}|[\\\\'$ a]{0,8}") {
            prop_assert_eq!(as_read(&quoted_word(&word)), Some(word));
        }
    }
}
