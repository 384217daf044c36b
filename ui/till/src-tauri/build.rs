//! Prepares the window's build. The built screen is embedded, so a folder for it must exist: in a clean
//! clone, before `npm run build`, a page that says so stands in for it (it is git-ignored like the screen).

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tillside</title>\
<body><h1>The screen is not built yet</h1><p>Run <code>cargo xtask setup</code>, or <code>npm ci</code> and \
<code>npm run build</code> in <code>ui/till</code>, and build the window again.</p></body></html>\n";

fn main() {
    let dist = Path::new("../dist");
    let page = dist.join("index.html");
    println!("cargo:rerun-if-changed={}", dist.display());
    if !page.exists()
        && let Err(error) =
            std::fs::create_dir_all(dist).and_then(|()| std::fs::write(&page, PLACEHOLDER))
    {
        println!(
            "cargo:warning={} cannot be written: {error}",
            page.display()
        );
    }
    tauri_build::build();
}
