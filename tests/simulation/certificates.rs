//! The tills' certificates: renewed in time, or ended in the dark; and HQ, which may have forgotten them.

use crate::hq::Hq;
use crate::till::Till;
use anyhow::{Result, anyhow};
use std::time::Duration;
use tillside_core::{Hash, LaneId, StoreId, TerminalId, Timestamp};
use tillside_hq::fleet::entry::{NoEntry, enter};
use tillside_hq::fleet::{FleetStore, Invitation, IssuedCertificate};
use tillside_sync::{Failure, ProblemKind, Report};

/// How long a certificate lives: longer than the world.
pub const YEARS: i64 = 10 * 366 * 86_400_000;

/// A certificate. Signing is left out: TLS has its own tests.
pub fn certificate(terminal: TerminalId, number: u32, not_after: Timestamp) -> IssuedCertificate {
    let serial = format!("{}-{number}", terminal.uuid().simple());
    IssuedCertificate {
        terminal,
        key_hash: Hash::of(serial.as_bytes()),
        serial,
        not_after,
        pem: String::new(),
    }
}

impl Hq {
    /// Whether a till may come in; what it hears if not.
    pub fn lets_in(&self, shown: &IssuedCertificate, now: Timestamp) -> Result<Option<Failure>> {
        let entered = self.ask(async |store| Ok(enter(store, shown, now).await))?;
        let kind = match entered {
            Ok(_) => return Ok(None),
            Err(NoEntry::Ended) => ProblemKind::CertificateExpired,
            Err(refused) => return Err(refused.into()),
        };
        Ok(Some(Failure {
            kind,
            words: "the certificate has ended".to_owned(),
            retryable: false,
        }))
    }

    /// Signs a new certificate for a till that is in.
    pub fn renew(&self, issued: IssuedCertificate, now: Timestamp) -> Result<()> {
        self.ask(async |store| Ok(store.renewed(issued, now).await?))
    }

    /// A person lets a till in again as what it is.
    pub fn readmit(
        &self,
        store: StoreId,
        certificate: IssuedCertificate,
        now: Timestamp,
    ) -> Result<()> {
        let secret_hash = certificate.key_hash;
        let invitation = Invitation {
            secret_hash,
            store,
            made_at: now,
            valid_until: Timestamp(now.0 + YEARS),
            certificate_seconds: 3_600,
            terminal: Some(certificate.terminal),
        };
        let lane = LaneId::new("1")?;
        self.ask(async |store| {
            store.invite(invitation).await?;
            let admitted = store.admit(secret_hash, lane, certificate, now).await?;
            admitted.map(drop).map_err(|error| anyhow!("{error:?}"))
        })
    }
}

impl Till {
    /// A certificate that it has not had.
    pub fn next_certificate(&mut self, not_after: Timestamp) -> IssuedCertificate {
        self.certificates += 1;
        certificate(self.terminal, self.certificates, not_after)
    }

    /// Has another certificate, and asks for the next in time.
    pub fn hold(&mut self, certificate: IssuedCertificate) -> Report {
        self.certificate = certificate;
        self.renew_in_time();
        Report::Renewed
    }

    /// In its last third, of which there is more than a poll's time in a short one.
    pub fn renew_in_time(&mut self) {
        let early = i64::try_from(Duration::from_secs(20).as_millis()).unwrap_or(0);
        let until = self.certificate.not_after.0;
        self.engine.renew_after(Timestamp(until - early));
    }
}
