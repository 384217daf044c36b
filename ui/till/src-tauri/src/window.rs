//! The window itself: shows the agent's page and nothing else.

use crate::arguments::Arguments;
use crate::host::{Host, NoHost};
use crate::shutdown;
use std::process::ExitCode;
use std::sync::Mutex;
use tauri::webview::DownloadEvent;
use tauri::{App, Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};
use url::Url;

/// The size a window begins with, and the least it can be made: a classic till display.
const SIZE: (f64, f64) = (1280.0, 860.0);
const LEAST: (f64, f64) = (800.0, 640.0);

/// What is behind the window, taken when the program ends.
type Behind = Mutex<Option<Host>>;

/// Opens the window and stays until it is closed. A window that only says why there is no till gives a
/// failure code.
///
/// # Errors
/// If the system gives no window.
pub fn run(arguments: Arguments) -> tauri::Result<ExitCode> {
    let app = tauri::Builder::default()
        .manage(Behind::default())
        .setup(move |app| Ok(open(app, &arguments)?))
        .build(tauri::generate_context!())?;
    shutdown::watch(app.handle().clone());
    let shown = app
        .state::<Behind>()
        .lock()
        .is_ok_and(|behind| behind.is_some());
    let code = app.run_return(|app, event| {
        if let RunEvent::Exit = event
            && let Ok(mut behind) = app.state::<Behind>().lock()
            && let Some(host) = behind.take()
        {
            host.close();
        }
    });
    Ok(if shown && code == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn open(app: &mut App, arguments: &Arguments) -> tauri::Result<()> {
    match Host::find(arguments, app.asset_resolver()) {
        Ok(host) => {
            let page = host.page.clone();
            if let Ok(mut behind) = app.state::<Behind>().lock() {
                *behind = Some(host);
            }
            show(app, WebviewUrl::External(page.clone()), Some(page))
        }
        Err(why) => {
            tracing::error!(error = %why, cause = ?std::error::Error::source(&why), "there is no till to show");
            show(app, WebviewUrl::App(problem_page(&why).into()), None)
        }
    }
}

/// The embedded screen, told in its fragment to show nothing but these words.
fn problem_page(why: &NoHost) -> String {
    let mut words = url::form_urlencoded::Serializer::new(String::new());
    words.append_pair("title", why.title());
    words.append_pair("problem", &why.to_string());
    format!("index.html#{}", words.finish())
}

/// A window that stays where it is sent, and keeps files only where the system keeps downloads.
fn show(app: &App, content: WebviewUrl, page: Option<Url>) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "till", content)
        .title("Tillside")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST.0, LEAST.1)
        .maximized(true)
        .on_navigation(move |url| match &page {
            Some(page) => url.origin() == page.origin(),
            None => url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"),
        })
        .on_download(|_, event| {
            if let DownloadEvent::Finished {
                path: Some(path),
                success,
                ..
            } = event
            {
                tracing::info!(file = %path.display(), success, "a file was saved");
            }
            true
        })
        .build()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_way_through_the_address() {
        let page = problem_page(&NoHost::OpenAlready);
        let fragment = page.strip_prefix("index.html#").unwrap_or_default();
        let given: Vec<_> = url::form_urlencoded::parse(fragment.as_bytes()).collect();
        assert_eq!(
            given,
            [
                ("title".into(), NoHost::OpenAlready.title().into()),
                ("problem".into(), NoHost::OpenAlready.to_string().into())
            ]
        );
    }
}
