//! `segmentation-api keys …`: create, list and revoke keys.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use clap::{Args, Subcommand};

use super::{KeyFile, NewKey, Scope, StoredKey};

/// The file, and what to do with it.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// File of the keys' hashes; the first `create` makes it.
    #[arg(long, env = "SEGMENT_KEYS", value_name = "FILE", global = true, default_value = "keys.json")]
    pub keys: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum Action {
    /// Create a key and print it, this once.
    Create(CreateArgs),
    /// List the keys, without their secrets.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key, at once and for good.
    Revoke {
        /// The key's id, as `list` prints it.
        id: String,
    },
}

/// A key to be.
#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// Who will use it.
    #[arg(long)]
    pub name: String,
    /// What it may be used for, comma-separated.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub scopes: Vec<Scope>,
    /// When it ends: a number of days such as 90d, a day (UTC) or an RFC 3339 time; never by default.
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// Ids it may ask for in a minute, 0 for no limit; the server's --rate-limit by default.
    #[arg(long, value_name = "N")]
    pub ids_per_minute: Option<u32>,
}

/// Does it; what is printed is the answer.
pub fn execute(args: &KeysArgs, now: DateTime<Utc>) -> anyhow::Result<String> {
    match &args.action {
        Action::Create(create) => self::create(args, create, now),
        Action::List { json } => list(args, *json, now),
        Action::Revoke { id } => revoke(args, id, now),
    }
}

fn create(args: &KeysArgs, create: &CreateArgs, now: DateTime<Utc>) -> anyhow::Result<String> {
    let new = NewKey::generate().ok().context("the system gives no random numbers")?;
    let stored = StoredKey {
        id: new.id.clone(),
        name: create.name.clone(),
        sha256: new.sha256,
        scopes: BTreeSet::from_iter(create.scopes.iter().copied()),
        ids_per_minute: create.ids_per_minute,
        created_at: text(now),
        expires_at: create.expires.as_deref().map(|when| end(when, now)).transpose()?.map(text),
        revoked_at: None,
    };
    KeyFile::update(&args.keys, |file| {
        file.keys.push(stored);
        Ok(())
    })?;
    let file = args.keys.display();
    Ok(format!(
        "{}\n\nThis is key {}. It is shown this once: {file} keeps its hash alone.\n\
         Send it as the header `Authorization: Bearer {}…`.",
        new.text,
        new.id,
        &new.text[..12]
    ))
}

fn end(when: &str, now: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    let days = when.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    let days = days.and_then(|days| now.checked_add_signed(Duration::days(i64::from(days))));
    let day = || when.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0)).map(|t| t.and_utc());
    let time = || DateTime::parse_from_rfc3339(when).ok().map(|time| time.to_utc());
    let Some(end) = days.or_else(day).or_else(time) else {
        bail!("--expires {when:?} is no end; allowed are 90d, 2027-01-31 or 2027-01-31T12:00:00Z");
    };
    if end <= now {
        bail!("--expires {when:?} has passed");
    }
    Ok(end)
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn list(args: &KeysArgs, json: bool, now: DateTime<Utc>) -> anyhow::Result<String> {
    let file = KeyFile::read(&args.keys)?;
    if json {
        return Ok(serde_json::to_string_pretty(&file.keys)?);
    }
    let mut lines = vec![format!("{:<14}{:<22}{:<10}{:<22}scopes", "id", "name", "state", "expires")];
    for key in &file.keys {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = match key.expires() {
            _ if key.revoked_at.is_some() => "revoked",
            Some(end) if end <= now.timestamp() => "expired",
            _ => "active",
        };
        let expires = key.expires_at.as_deref().unwrap_or("never");
        lines.push(format!("{:<14}{:<22}{state:<10}{expires:<22}{}", key.id, key.name, scopes.join(",")));
    }
    Ok(lines.join("\n"))
}

fn revoke(args: &KeysArgs, id: &str, now: DateTime<Utc>) -> anyhow::Result<String> {
    // Read first: a file that does not exist is not made by revoking.
    KeyFile::read(&args.keys)?;
    KeyFile::update(&args.keys, |file| {
        let key = file.keys.iter_mut().find(|key| key.id == id);
        let key =
            key.with_context(|| format!("there is no key {id:?}; `segmentation-api keys list` lists them"))?;
        key.revoked_at.get_or_insert_with(|| text(now));
        Ok(format!("key {id} ({}) is revoked; running servers refuse it within their --poll-ms", key.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-01-01T00:00:00Z".parse().expect("a time")
    }

    #[test]
    fn an_end_is_days_a_day_or_a_time_to_come() {
        let seen = |when: &str| end(when, now()).map(text).map_err(|error| error.to_string());
        assert_eq!(seen("90d").as_deref(), Ok("2026-04-01T00:00:00Z"));
        assert_eq!(seen("2026-01-31").as_deref(), Ok("2026-01-31T00:00:00Z"));
        assert_eq!(seen("2026-01-31T12:00:00+01:00").as_deref(), Ok("2026-01-31T11:00:00Z"));
        for wrong in ["0d", "2025-12-31", "soon", "", "d", "-1d", "9999999999d", "4294967295d"] {
            assert!(seen(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_are_created_listed_and_revoked_in_a_private_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let keys = dir.path().join("keys.json");
        let run = |action| execute(&KeysArgs { keys: keys.clone(), action }, now());
        let list = || run(Action::List { json: false });
        assert!(list().expect_err("none yet").to_string().contains("keys create"));
        assert!(run(Action::Revoke { id: "x".to_owned() }).is_err() && !keys.exists());
        let create = CreateArgs {
            name: "crm".to_owned(),
            scopes: vec![Scope::AssignmentsRead, Scope::SegmentsRead],
            expires: Some("90d".to_owned()),
            ids_per_minute: None,
        };
        let shown = run(Action::Create(create)).expect("created");
        let (text, id) = (&shown[..81], &shown[4..16]);
        let secret = &text[17..];
        let kept = std::fs::read_to_string(&keys).expect("written");
        assert!(!kept.contains(secret) && kept.contains(id), "{kept}");
        assert_eq!(keys.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        let listed = list().expect("listed");
        assert!(listed.contains("active") && listed.contains("segments:read,assignments:read"), "{listed}");
        assert!(!listed.contains(secret));
        assert!(run(Action::Revoke { id: "unknown".to_owned() }).is_err());
        run(Action::Revoke { id: id.to_owned() }).expect("revoked");
        assert!(list().expect("listed").contains("revoked"));
        assert_eq!(keys.metadata().expect("there").permissions().mode() & 0o777, 0o600);
    }
}
