//! Closes the window in an orderly way when the system asks the program to end.

use tauri::{AppHandle, Runtime};

/// Watches from a thread of its own. Without it the program just ends: nothing is lost then either, the
/// agent's store sees to that.
pub fn watch<R: Runtime>(app: AppHandle<R>) {
    let watching = std::thread::Builder::new()
        .name("shutdown".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime.and_then(|runtime| runtime.block_on(asked())) {
                Ok(()) => app.exit(0),
                Err(error) => tracing::warn!(%error, "signals cannot be watched"),
            }
        });
    if let Err(error) = watching {
        tracing::warn!(%error, "signals cannot be watched");
    }
}

#[cfg(unix)]
async fn asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn asked() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
