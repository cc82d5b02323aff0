//! The text of the cleaning rules, with the values of one table.

use super::super::mapping::Role;
use super::super::plan::Plan;
use super::super::rules::{Returns, Rule};

/// The rules, from a table `source` to one row per transaction with the rule that removes it.
pub const CLEANING: &str = include_str!("../../cleaning.sql");

/// The rules' text for a table: without the lines of rules that cannot match, with values in place of names.
pub(in super::super) fn cleaning(plan: &Plan<'_>) -> String {
    let kept: Vec<&str> = CLEANING
        .lines()
        .filter(|line| rule_of(line).is_none_or(|rule| can_match(rule, line, plan)))
        .collect();
    let drops = plan.rules.returns == Returns::Drop;
    let values = [(":drops_returns", truth(drops)), (":has_amount", truth(plan.has_amount))];
    values.iter().fold(kept.join("\n"), |text, (name, value)| text.replace(name, value))
}

/// The rule that a line of the text is, by its comment.
fn rule_of(line: &str) -> Option<Rule> {
    let (_, name) = line.split_once(" -- ")?;
    Rule::ALL.into_iter().find(|rule| rule.name() == name)
}

fn can_match(rule: Rule, line: &str, plan: &Plan<'_>) -> bool {
    let has_values = match rule {
        Rule::ImplausibleDate => plan.conventions.plausible.is_some(),
        Rule::AfterReferenceDate => plan.latest < i64::MAX,
        Rule::BadDebt if line.contains("description") => plan.layout.column(Role::Description).is_some(),
        Rule::BadDebt => plan.stock_codes,
        _ => true,
    };
    plan.is_on(rule) && has_values
}

fn truth(value: bool) -> String {
    if value { "TRUE".to_owned() } else { "FALSE".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rules_line_bears_its_number() {
        let mut named = 0;
        for line in
            CLEANING.lines().filter(|line| line.trim_start().starts_with("WHEN ") && line.contains(" -- "))
        {
            let rule = rule_of(line).unwrap_or_else(|| panic!("{line}: no rule has this name"));
            assert!(line.contains(&format!("THEN {} -- ", rule as usize)), "{line}");
            named += 1;
        }
        assert_eq!(named, 16);
        assert!(CLEANING.contains(&format!("ELSE {}\n", super::super::super::ledger::KEPT)));
    }

    #[test]
    fn a_rule_without_a_line_is_of_what_a_typed_table_cannot_hold() {
        let lacks = |rule: &Rule| !CLEANING.lines().any(|line| rule_of(line) == Some(*rule));
        let without: Vec<&str> = Rule::ALL.into_iter().filter(lacks).map(Rule::name).collect();
        assert_eq!(without, ["malformed_row", "damaged_value", "not_a_sale", "other_currency", "duplicate"]);
    }
}
