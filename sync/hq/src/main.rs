//! The `tillside-hq` program: sets up, imports, publishes, serves, reports.

mod cli;

use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("TILLSIDE_LOG")
                .unwrap_or_else(|_| "warn,tillside_hq=info".into()),
        )
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(cli::run())
}
