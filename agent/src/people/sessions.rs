//! Who is signed in, in memory: a restart signs everybody out.

use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tillside_core::{PersonId, Timestamp};
use utoipa::ToSchema;

/// How long a session lasts, in milliseconds.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// The most sessions at a time; the one that ends first makes room.
pub const SESSION_LIMIT: usize = 64;

/// What somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sells.
    Cashier,
    /// Sells, voids, and reads the reports.
    Manager,
}

/// Somebody who is signed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Session {
    /// The session's id, to be sent as `Tillside-Session`.
    pub session: String,
    /// Who.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// As the screen shows it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When it ends.
    #[schema(value_type = i64)]
    pub until: Timestamp,
}

impl Session {
    /// A session that begins now, under an id that nobody can guess.
    pub fn new(id: String, person: PersonId, name: String, role: Role, now: Timestamp) -> Self {
        Self {
            session: id,
            person,
            name,
            role,
            until: Timestamp(now.0.saturating_add(SESSION_MS)),
        }
    }
}

/// The sessions of one agent.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    /// Signs somebody in.
    pub fn begin(&self, session: &Session, now: Timestamp) {
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.until > now);
        while sessions.len() >= SESSION_LIMIT {
            let first = sessions.values().min_by_key(|session| session.until);
            let Some(first) = first.map(|session| session.session.clone()) else {
                break;
            };
            sessions.remove(&first);
        }
        sessions.insert(session.session.clone(), session.clone());
    }

    /// The session with an id, if it has not ended.
    pub fn find(&self, id: &str, now: Timestamp) -> Option<Session> {
        let sessions = self.lock();
        let session = sessions.get(id).filter(|session| session.until > now);
        session.cloned()
    }

    /// Signs out.
    pub fn end(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_session_ends_and_the_oldest_makes_room() {
        let sessions = Sessions::default();
        let anna = PersonId::new("anna").unwrap();
        let begin = |at: i64| {
            let (id, now) = (at.to_string(), Timestamp(at));
            let session = Session::new(id, anna.clone(), "Anna".into(), Role::Cashier, now);
            sessions.begin(&session, now);
            session
        };
        let first = begin(0);
        assert!(
            sessions
                .find(&first.session, Timestamp(SESSION_MS - 1))
                .is_some()
        );
        assert!(
            sessions
                .find(&first.session, Timestamp(SESSION_MS))
                .is_none()
        );
        for at in 1..=SESSION_LIMIT as i64 {
            begin(at);
        }
        assert!(sessions.find(&first.session, Timestamp(100)).is_none());
        assert_eq!(sessions.lock().len(), SESSION_LIMIT);
        let last = begin(200);
        sessions.end(&last.session);
        assert!(sessions.find(&last.session, Timestamp(201)).is_none());
    }
}
