//! The screen's files, and nothing else of the disk.

use crate::shop::Shop;
use crate::wire;
use tillside::{Agent, Screen};

#[test]
fn the_screen_is_served_from_a_folder_with_a_strict_policy() {
    let mut shop = Shop::open();
    shop.stop();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("index.html"), "<h1>till</h1>").unwrap();
    std::fs::write(folder.path().join("assets/app.js"), "1").unwrap();
    std::fs::write(folder.path().with_extension("secret"), "secret").unwrap();
    let mut options = shop.options();
    options.screen = Some(Screen::Folder(folder.path().to_owned()));
    let agent = Agent::start(options).unwrap();
    let get = |path: &str| wire::call(agent.address(), "GET", path, &[], b"").unwrap();
    for path in ["/", "/index.html", "/manager/sales"] {
        let page = get(path);
        assert_eq!(
            (page.status, page.body.as_str()),
            (200, "<h1>till</h1>"),
            "{path}"
        );
        let head = page.head.to_lowercase();
        assert!(
            head.contains("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{head}"
        );
        assert!(!head.contains("unsafe-inline"), "{head}");
        assert!(
            head.contains("text/html") && head.contains("nosniff"),
            "{head}"
        );
    }
    assert!(get("/assets/app.js").head.contains("text/javascript"));
    for outside in [
        "/assets/none.js",
        "/../api-token",
        "/..%2fapi-token.txt",
        "//etc/passwd.txt",
        "/assets/../../x.secret",
    ] {
        let reply = get(outside);
        assert_ne!(reply.body, "secret");
        assert!(
            reply.status == 404 || reply.body.contains("<h1>"),
            "{outside}: {reply:?}"
        );
    }
    std::fs::remove_file(folder.path().with_extension("secret")).unwrap();
    assert!(agent.screen_address().contains("/#token="));
}

#[test]
fn the_window_brings_its_own_files() {
    let mut shop = Shop::open();
    shop.stop();
    let mut options = shop.options();
    options.screen = Some(Screen::embedded(|path| {
        (path == "index.html").then(|| (b"<p>window</p>".to_vec(), "text/html".to_owned()))
    }));
    let agent = Agent::start(options).unwrap();
    let get = |path: &str| wire::call(agent.address(), "GET", path, &[], b"").unwrap();
    assert_eq!(get("/").body, "<p>window</p>");
    get("/assets/none.js").refused(404, "not_found");
}
