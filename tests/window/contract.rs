//! The screen's types and the agent's OpenAPI document: every field that the screen reads must be there.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use tillside::{Agent, AgentOptions};

/// A field of the screen's types, and the schema it is said to be in.
#[derive(Debug, PartialEq)]
struct Field<'a> {
    schema: &'a str,
    name: &'a str,
}

#[tokio::test]
async fn the_screen_reads_what_the_agent_sends() -> Result<()> {
    tillside_tests::prepare();
    let folder = tempfile::tempdir()?;
    let mut options = AgentOptions::new(folder.path());
    options.readers = false;
    let agent = Agent::start(options)?;
    let address = format!("http://{}/openapi.json", agent.address());
    let api: Value = reqwest::get(address).await?.json().await?;
    agent.stop();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/till/src/api");
    let mut types = String::new();
    for file in ["types.ts", "purses.ts"] {
        types += &std::fs::read_to_string(folder.join(file))?;
    }
    let fields = fields(&types);
    ensure!(
        fields.len() > 180,
        "only {} fields were found",
        fields.len()
    );
    let missing: Vec<_> = fields.iter().filter(|field| !has(&api, field)).collect();
    ensure!(missing.is_empty(), "the agent does not send {missing:#?}");
    Ok(())
}

/// The fields of every interface that names a schema in its first line: `// API: ProductView`.
fn fields(types: &str) -> Vec<Field<'_>> {
    let mut schema = None;
    let mut found = Vec::new();
    for line in types.lines() {
        if let Some(name) = line.trim().strip_prefix("// API: ") {
            schema = Some(name);
        } else if line.starts_with('}') {
            schema = None;
        } else if let Some(schema) = schema
            && let Some((name, _)) = line.trim_start().split_once(": ")
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '_' || c == '?')
        {
            let name = name.trim_end_matches('?');
            found.push(Field { schema, name });
        }
    }
    found
}

fn has(api: &Value, field: &Field<'_>) -> bool {
    let schema = &api["components"]["schemas"][field.schema];
    !schema["properties"][field.name].is_null()
}

#[test]
fn a_field_that_is_not_sent_is_found() -> Result<()> {
    let types = "export interface Product {\n  // API: ProductView\n  /** How much: in full. */\n  price?: Money;\n  name: string;\n}\n";
    let fields = fields(types);
    let price = Field {
        schema: "ProductView",
        name: "price",
    };
    ensure!(fields.first() == Some(&price), "{fields:?}");
    let api: Value = serde_json::from_str(
        r#"{"components":{"schemas":{"ProductView":{"properties":{"name":{"type":"string"}}}}}}"#,
    )?;
    let missing = fields
        .iter()
        .find(|field| !has(&api, field))
        .context("price is missing")?;
    ensure!(missing == &price, "{missing:?}");
    Ok(())
}
