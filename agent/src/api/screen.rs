//! The screen's files: from a folder, or from the window that started the agent.

use super::{ApiError, Local};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The largest file that is served, in bytes.
const FILE_LIMIT: u64 = 16 << 20;

/// Nothing but the agent's own files and its API; no inline scripts or styles; no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Embedded = dyn Fn(&str) -> Option<(Vec<u8>, String)> + Send + Sync;

/// Where the screen's files come from.
#[derive(Clone)]
pub enum Screen {
    /// A folder with an `index.html`.
    Folder(PathBuf),
    /// A function from a path without a leading slash (`index.html`) to a file and its MIME type.
    Embedded(Arc<Embedded>),
}

impl Screen {
    /// Files that a program carries in itself.
    pub fn embedded(
        files: impl Fn(&str) -> Option<(Vec<u8>, String)> + Send + Sync + 'static,
    ) -> Self {
        Self::Embedded(Arc::new(files))
    }

    async fn file(&self, path: &str) -> Option<(Vec<u8>, String)> {
        match self {
            Self::Embedded(files) => files(path),
            Self::Folder(folder) => {
                let file = folder.join(plain(path)?);
                let length = tokio::fs::metadata(&file)
                    .await
                    .ok()
                    .filter(|m| m.is_file());
                length.filter(|m| m.len() <= FILE_LIMIT)?;
                let bytes = tokio::fs::read(&file).await.ok()?;
                Some((bytes, mime(&file).to_owned()))
            }
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "Screen::Folder({})", folder.display()),
            Self::Embedded(_) => f.write_str("Screen::Embedded(..)"),
        }
    }
}

/// A path that stays inside its folder.
fn plain(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (inside && !path.as_os_str().to_string_lossy().contains('\\')).then_some(path)
}

fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Any path that is not the API's: a file, or the page itself, which knows its own paths.
pub(crate) async fn screen(State(local): State<Local>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("v1/") || path == "v1" {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "The till has no such call. GET /openapi.json lists what it has.",
        )
        .into_response();
    }
    let Some(screen) = &local.screen else {
        return ApiError::new(StatusCode::NOT_FOUND, "no_screen", "This agent was started without the till's screen. Start it with --screen and the folder of the built screen.").into_response();
    };
    let (file, fresh) = match screen.file(path).await {
        Some(file) if !path.is_empty() => (Some(file), path.ends_with(".html")),
        _ if path
            .rsplit('/')
            .next()
            .is_some_and(|name| name.contains('.')) =>
        {
            (None, false)
        }
        _ => (screen.file("index.html").await, true),
    };
    match file {
        Some((bytes, mime)) => page(bytes, &mime, fresh),
        None => ApiError::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "The till's screen has no such file. Build the screen again.",
        )
        .into_response(),
    }
}

fn page(bytes: Vec<u8>, mime: &str, fresh: bool) -> Response {
    let kept = if fresh { "no-cache" } else { "max-age=3600" };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let mime = HeaderValue::from_str(mime);
    let plain = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, mime.unwrap_or(plain));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, kept),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_its_folder() {
        assert!(plain("assets/index-1a2b.js").is_some());
        for outside in [
            "../api-token",
            "assets/../../api-token",
            "/etc/passwd",
            "a\\..\\b",
        ] {
            assert!(plain(outside).is_none(), "{outside}");
        }
    }
}
