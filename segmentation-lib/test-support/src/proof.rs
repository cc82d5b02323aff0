//! Whether a promise that names a test has one: a function of the right name is no proof by itself.

/// What the test of this name in `source` lacks to be one that runs and asserts something; `None` where there is no such
/// function. Sources are as rustfmt writes them.
pub fn proof(source: &str, name: &str) -> Option<Result<(), &'static str>> {
    let (before, rest) = source.split_once(&format!("fn {name}() {{"))?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let (above, indent) = (&before[..start], before[start..].trim_end_matches("async "));
    let attributes: Vec<&str> =
        above.lines().rev().map(str::trim).take_while(|line| line.starts_with("#[")).collect();
    let body = rest.split(&format!("\n{indent}}}")).next().unwrap_or(rest);
    let empty = rest.starts_with('}');
    let mut code = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    Some(if !attributes.iter().any(|attribute| attribute.ends_with("test]")) {
        Err("it is no test")
    } else if attributes.iter().any(|attribute| attribute.contains("ignore") || attribute.contains("cfg")) {
        Err("it does not always run")
    } else if empty || !code.any(|line| ["assert", ".problem("].iter().any(|call| line.contains(call))) {
        Err("it asserts nothing")
    } else {
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::proof;

    #[test]
    fn a_function_of_the_right_name_is_no_proof_by_itself() {
        for indent in ["", "    "] {
            let of = |attributes: &str, head: &str, body: &str| {
                let lines = format!(
                    "const A: u8 = 1;\n\n{attributes}{head}fn it_is_so() {{\n{body}}}\n\nfn b() {{\n    assert!(true);\n}}\n"
                );
                let moved = lines.lines().map(|line| format!("{indent}{line}\n")).collect::<String>();
                proof(&moved, "it_is_so").expect("there")
            };
            let asserts = "    assert_eq!(f(), 1);\n";
            assert_eq!(of("#[test]\n", "", asserts), Ok(()));
            assert_eq!(of("#[actix_web::test]\n", "async ", asserts), Ok(()));
            assert_eq!(of("#[test]\n", "", ""), Err("it asserts nothing"));
            let comment = "    // assert_eq!(f(), 1);\n    f();\n";
            assert_eq!(of("#[test]\n", "", comment), Err("it asserts nothing"));
            assert_eq!(of("", "", asserts), Err("it is no test"));
            assert_eq!(of("#[test]\n#[ignore]\n", "", asserts), Err("it does not always run"));
        }
        let on_one_line = "#[test]\nfn a() {}\n\n#[test]\nfn b() {\n    assert!(true);\n}\n";
        assert_eq!(proof(on_one_line, "a"), Some(Err("it asserts nothing")));
        assert_eq!(proof("fn other() {\n}\n", "it_is_so"), None);
    }
}
