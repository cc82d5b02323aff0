//! Where a password comes from: the address, PGPASSWORD, or the file of passwords, as psql takes it.

use std::path::{Path, PathBuf};

/// For whom a password is.
pub(super) struct Account<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// A password, or why the file of passwords was not read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Password {
    pub text: Option<String>,
    /// A file that others than its owner may read.
    pub ignored: Option<PathBuf>,
}

/// The password of an account.
pub(super) fn of(account: &Account<'_>, in_address: Option<&str>) -> Password {
    let variable = || std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty());
    if let Some(text) = in_address.map(str::to_owned).or_else(variable) {
        return Password { text: Some(text), ignored: None };
    }
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pgpass"));
    match std::env::var_os("PGPASSFILE").map(PathBuf::from).or_else(home) {
        Some(path) => in_file(&path, account),
        None => Password::default(),
    }
}

fn in_file(path: &Path, account: &Account<'_>) -> Password {
    let Ok(metadata) = path.metadata() else { return Password::default() };
    if !metadata.is_file() || is_open_to_others(&metadata) {
        return Password { text: None, ignored: Some(path.to_owned()) };
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    Password { text: text.lines().find_map(|line| in_line(line, account)), ignored: None }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

/// The password of a line `host:port:database:user:password`, if it is for the account.
fn in_line(line: &str, account: &Account<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let fields = fields(line);
    let [host, port, database, user, password] = fields.as_slice() else { return None };
    // A socket's directory is named localhost there.
    let own = if account.host.starts_with('/') { "localhost" } else { account.host };
    let port_text = account.port.to_string();
    let fits = |field: &str, own: &str| field == "*" || field == own;
    let all = fits(host, own)
        && fits(port, &port_text)
        && fits(database, account.database)
        && fits(user, account.user);
    all.then(|| password.clone())
}

/// Five fields between colons; a backslash keeps the next character. What follows the fourth colon is the password.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        let last = fields.len() - 1;
        match c {
            ':' if last < 4 => fields.push(String::new()),
            '\\' => fields[last].extend(characters.next()),
            c => fields[last].push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Account<'_> = Account { host: "db", port: 5432, database: "shop", user: "me" };

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = "# db:*:*:me:no\ndb:5433:*:*:no\ndb:*:shop:me:a\\:b\\\\c:d\n*:*:*:*:last\n";
        assert_eq!(in_file(file(text).path(), &ACCOUNT).text.as_deref(), Some("a:b\\c:d"));
        let other = Account { host: "/run/postgresql", ..ACCOUNT };
        assert_eq!(in_file(file("localhost:5432:shop:me:x").path(), &other).text.as_deref(), Some("x"));
        assert_eq!(in_file(file("db:5432:shop:you:x").path(), &ACCOUNT), Password::default());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_read() {
        use std::os::unix::fs::PermissionsExt;
        let file = file("*:*:*:*:secret");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(file.path(), open).expect("set");
        let found = in_file(file.path(), &ACCOUNT);
        assert_eq!((found.text, found.ignored.as_deref()), (None, Some(file.path())));
    }
}
