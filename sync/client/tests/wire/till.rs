//! A terminal's data folder, and the answer that a right HQ gives it.

use crate::papers::Ca;
use crate::server::{Asked, Server};
use serde_json::json;
use std::path::PathBuf;
use tempfile::TempDir;
use tillside_protocol::tillside_core::LaneId;
use tillside_protocol::{EnrolRequest, EnrolResponse};
use tillside_sync::{EnrolError, Identity, Replacing, enrol};

/// A terminal's data folder.
pub struct Till(pub TempDir);

impl Till {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn folder(&self) -> PathBuf {
        self.0.path().join("hq")
    }

    pub async fn enrol(&self, server: &Server, code: &str) -> Result<Identity, EnrolError> {
        self.enrol_again(server, code, Replacing::Never).await
    }

    pub async fn enrol_again(
        &self,
        server: &Server,
        code: &str,
        replacing: Replacing,
    ) -> Result<Identity, EnrolError> {
        let lane = LaneId::new("1").unwrap();
        enrol(&self.folder(), &server.address, code, lane, replacing).await
    }
}

/// The right answer of a right HQ, with a certificate that lasts for so many seconds.
pub fn welcome(ca: &Ca, asked: &Asked, root: &str, seconds: i64) -> EnrolResponse {
    let request: EnrolRequest = serde_json::from_slice(&asked.body).unwrap();
    let terminal = json!({
        "terminal": "01890000-0000-7000-8000-000000000001",
        "lane": "1",
        "profile": {"store": "S1", "name": "One", "time_zone": "UTC", "currency": "EUR"},
        "epoch": 1
    });
    EnrolResponse {
        terminal: serde_json::from_value(terminal).unwrap(),
        certificate_pem: ca.client(&request.request_pem, seconds),
        ca_pem: ca.0.pem(),
        bundle_root: root.to_owned(),
    }
}
