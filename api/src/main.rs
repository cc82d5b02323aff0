//! The `segmentation-api` command.

use std::io::{self, IsTerminal, Write};

use api::settings::{Cli, Command, LogFormat, Settings};
use api::startup::Application;
use clap::{CommandFactory, FromArgMatches};
use tracing_subscriber::EnvFilter;

/// The version, with the commit where `api/deploy/version` named it to the build.
const VERSION: &str = match option_env!("SEGMENT_BUILD_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

fn main() -> anyhow::Result<()> {
    let command = Cli::command().version(VERSION);
    let cli = Cli::from_arg_matches(&command.clone().get_matches()).unwrap_or_else(|error| error.exit());
    match cli.command {
        Some(Command::Openapi) => print(&api::openapi::json())?,
        Some(Command::Keys(args)) => print(&api::keys::command::execute(&args, chrono::Utc::now())?)?,
        Some(Command::AuditHash(args)) => {
            let secret = args.audit.secret()?;
            let hashes: Vec<_> = args.ids.iter().map(|id| api::audit::hash(&secret, id)).collect();
            print(&hashes.join("\n"))?;
        }
        Some(Command::Healthcheck(args)) => print(&api::probe::execute(&args)?)?,
        Some(Command::Completions { shell }) => print(api::manual::completions(command, shell).trim_end())?,
        Some(Command::Manual { dir }) => api::manual::write(command, &dir)?,
        None => actix_web::rt::System::new().block_on(serve(cli.settings))?,
    }
    Ok(())
}

/// It is no failure when the reader, such as `head`, has read enough.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(format!("{text}\n").as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    start_log(settings.log);
    let store = settings.store.display().to_string();
    let application = Application::build(settings)?;
    tracing::info!(address = %application.address(), store, "listening");
    application.run().await?;
    tracing::info!("stopped");
    Ok(())
}

fn start_log(format: LogFormat) {
    // The bucket's client logs every retry; the follower logs what comes of them.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,object_store=error"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Human => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
