//! A DESFire card in an exclusive session: sends commands, keeps the secure messaging, and ends it
//! with the first thing that goes wrong. What a command means is in the modules beside this one.

use tillside_drivers::CardSession;
use tillside_keys::CardKey;

use super::error::CardError;
use super::frame::{self, COMMAND_LONGEST};
use super::layout::LayoutError;
use super::secure::{Handshake, Mode, Secure};
use super::status::Status;

const SELECT: u8 = 0x5A;
const AUTHENTICATE_EV2_FIRST: u8 = 0x71;
const AUTHENTICATE_EV2_NON_FIRST: u8 = 0x77;
/// Bytes of the card's proof: E(TI ‖ RndA' ‖ capabilities), and E(RndA').
const FIRST_PROOF: usize = 32;
const NON_FIRST_PROOF: usize = 16;
const AUTHENTICATION: &str = "authentication";

/// The conversation with one card.
pub struct Card<'s> {
    pub(super) session: &'s mut dyn CardSession,
    secure: Option<Secure>,
}

impl<'s> Card<'s> {
    /// Begins a conversation; sends nothing.
    pub fn new(session: &'s mut dyn CardSession) -> Self {
        Self {
            session,
            secure: None,
        }
    }

    /// Whether the card is authenticated and nothing went wrong since.
    pub const fn is_authenticated(&self) -> bool {
        self.secure.is_some()
    }

    /// Ends the session: the next command needs a new authentication.
    pub fn end_session(&mut self) {
        self.secure = None;
    }

    /// Selects an application (`000000` is the card itself). It ends a session and drops what was not
    /// committed.
    ///
    /// # Errors
    /// `Refused` with `NoApplication`; `NotDesfire` from another kind of card; the reader's.
    pub fn select(&mut self, aid: [u8; 3]) -> Result<(), CardError> {
        const STEP: &str = "the application";
        self.secure = None;
        self.plain(STEP, SELECT, &aid, 0).map(|_| ())
    }

    /// Authenticates with key `number`. `random` is 16 bytes that nobody can predict, new each time.
    ///
    /// # Errors
    /// `WrongKey` if card or till do not have the same key; `Refused`, `Garbled`, the reader's.
    pub fn authenticate_first(
        &mut self,
        number: u8,
        key: CardKey,
        random: [u8; 16],
    ) -> Result<(), CardError> {
        self.secure = None;
        // No PCD capabilities.
        let data = [number, 0x00];
        let due = FIRST_PROOF;
        let (handshake, proof) = self.passes(AUTHENTICATE_EV2_FIRST, &data, due, key, random)?;
        let secure = handshake.first(&proof);
        self.secure = Some(secure.ok_or(wrong_key())?);
        Ok(())
    }

    /// Authenticates with another key inside the session: transaction and counter go on.
    ///
    /// # Errors
    /// As [`Card::authenticate_first`]; `NoSession` without one.
    pub fn authenticate_non_first(
        &mut self,
        number: u8,
        key: CardKey,
        random: [u8; 16],
    ) -> Result<(), CardError> {
        let step = AUTHENTICATION;
        let before = self.secure.take().ok_or(CardError::NoSession { step })?;
        let (ins, due) = (AUTHENTICATE_EV2_NON_FIRST, NON_FIRST_PROOF);
        let (handshake, proof) = self.passes(ins, &[number], due, key, random)?;
        let secure = handshake.non_first(&proof, &before);
        self.secure = Some(secure.ok_or(wrong_key())?);
        Ok(())
    }

    fn passes(
        &mut self,
        ins: u8,
        data: &[u8],
        due: usize,
        key: CardKey,
        random: [u8; 16],
    ) -> Result<(Handshake, Vec<u8>), CardError> {
        let step = AUTHENTICATION;
        let once = frame::once(self.session, step, ins, data);
        let (status, first) = once.map_err(disturbed)?;
        expect(step, status, Status::More)?;
        let answer = Handshake::answer(key, random, &first);
        let (handshake, second) = answer.ok_or(CardError::Garbled { step })?;
        let once = frame::once(self.session, step, frame::ADDITIONAL_FRAME, &second);
        let (status, proof) = once.map_err(disturbed)?;
        match status {
            // Of another length it proves nothing, not even that the key is wrong.
            Status::Ok if proof.len() != due => Err(CardError::Garbled { step }),
            Status::Ok => Ok((handshake, proof)),
            Status::Authentication => Err(wrong_key()),
            status => Err(CardError::Refused { step, status }),
        }
    }

    /// A command outside a session; its answer has `due` bytes.
    pub(super) fn plain(
        &mut self,
        step: &'static str,
        ins: u8,
        data: &[u8],
        due: usize,
    ) -> Result<Vec<u8>, CardError> {
        let answer = self.plain_any(step, ins, data)?;
        exactly(step, answer, due)
    }

    /// As [`Card::plain`], with an answer of any length.
    pub(super) fn plain_any(
        &mut self,
        step: &'static str,
        ins: u8,
        data: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let (status, answer) = frame::whole(self.session, step, ins, data)?;
        expect(step, status, Status::Ok)?;
        Ok(answer)
    }

    /// A command inside the session; its answer has `due` bytes. The session survives a good answer
    /// only.
    pub(super) fn secure(
        &mut self,
        step: &'static str,
        mode: Mode,
        command: Command<'_>,
        due: usize,
    ) -> Result<Vec<u8>, CardError> {
        let before = self.secure.take();
        let answer = self.secure_any_from(before, step, mode, command)?;
        let (answer, secure) = answer;
        let found = answer.len();
        let answer = exactly(step, answer, due).map_err(|noise| match mode {
            Mode::Plain => noise,
            // It is under the card's MAC: a file of another form is no noise.
            _ => LayoutError::Length { file: step, found }.into(),
        })?;
        self.secure = Some(secure);
        Ok(answer)
    }

    /// As [`Card::secure`], with an answer of any length.
    pub(super) fn secure_any(
        &mut self,
        step: &'static str,
        mode: Mode,
        command: Command<'_>,
    ) -> Result<Vec<u8>, CardError> {
        let before = self.secure.take();
        let (answer, secure) = self.secure_any_from(before, step, mode, command)?;
        self.secure = Some(secure);
        Ok(answer)
    }

    fn secure_any_from(
        &mut self,
        secure: Option<Secure>,
        step: &'static str,
        mode: Mode,
        command: Command<'_>,
    ) -> Result<(Vec<u8>, Secure), CardError> {
        let mut secure = secure.ok_or(CardError::NoSession { step })?;
        let Command { ins, header, data } = command;
        let sent = secure.command(mode, ins, header, data);
        let sent = sent.filter(|body| body.len() <= COMMAND_LONGEST);
        let sent = sent.ok_or(CardError::Unsendable { step })?;
        let whole = frame::whole(self.session, step, ins, &sent);
        let (status, answer) = whole.map_err(disturbed)?;
        expect(step, status, Status::Ok)?;
        let answer = secure.response(mode, &answer);
        Ok((answer.ok_or(CardError::Forged { step })?, secure))
    }

    /// Gives the session out, with the bytes of a command that is ready to be sent. For the commit:
    /// what fails before the first byte leaves is another thing than what fails after.
    pub(super) fn prepared(
        &mut self,
        step: &'static str,
        mode: Mode,
        command: &Command<'_>,
    ) -> Result<(Vec<u8>, Secure), CardError> {
        let secure = self.secure.take().ok_or(CardError::NoSession { step })?;
        let sent = secure.command(mode, command.ins, command.header, command.data);
        let sent = sent.ok_or(CardError::Unsendable { step })?;
        Ok((frame::apdu(step, command.ins, &sent)?, secure))
    }

    /// A key that changes the key in use ends the session; the answer has no MAC then.
    pub(super) fn last_of_session(
        &mut self,
        step: &'static str,
        command: Command<'_>,
    ) -> Result<(), CardError> {
        let mut secure = self.secure.take().ok_or(CardError::NoSession { step })?;
        let Command { ins, header, data } = command;
        let sent = secure.command(Mode::Full, ins, header, data);
        let sent = sent.ok_or(CardError::Unsendable { step })?;
        let whole = frame::whole(self.session, step, ins, &sent);
        let (status, answer) = whole.map_err(disturbed)?;
        expect(step, status, Status::Ok)?;
        let good = answer.is_empty() || secure.response(Mode::Mac, &answer).is_some();
        good.then_some(()).ok_or(CardError::Forged { step })
    }
}

impl std::fmt::Debug for Card<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card")
            .field("reader", &self.session.reader())
            .field("secure", &self.secure)
            .finish()
    }
}

/// A command as secure messaging sees it: the header stays readable, the data is enciphered in full
/// mode.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) ins: u8,
    pub(super) header: &'a [u8],
    pub(super) data: &'a [u8],
}

impl<'a> Command<'a> {
    /// A command without data to encipher.
    pub(super) const fn new(ins: u8, header: &'a [u8]) -> Self {
        let data = &[];
        Self { ins, header, data }
    }

    pub(super) const fn with(ins: u8, header: &'a [u8], data: &'a [u8]) -> Self {
        Self { ins, header, data }
    }
}

pub(super) fn expect(step: &'static str, status: Status, due: Status) -> Result<(), CardError> {
    match status {
        status if status == due => Ok(()),
        Status::Ok => Err(CardError::Garbled { step }),
        status => Err(CardError::Refused { step, status }),
    }
}

fn exactly(step: &'static str, answer: Vec<u8>, due: usize) -> Result<Vec<u8>, CardError> {
    match answer.len() == due {
        true => Ok(answer),
        false => Err(CardError::Garbled { step }),
    }
}

/// Before an authentication the application was selected, so the card is a DESFire card: another kind
/// of status word is the reader's, or noise.
fn disturbed(error: CardError) -> CardError {
    match error {
        CardError::NotDesfire { step, .. } => CardError::Garbled { step },
        error => error,
    }
}

fn wrong_key() -> CardError {
    let step = AUTHENTICATION;
    CardError::WrongKey { step }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::desfire::fake::{Fake, randoms};
    use crate::desfire::{FACTORY_KEY, NewApplication};
    use crate::script::{ACR122, Bench, Seed};

    const NEW: NewApplication = NewApplication {
        aid: [1, 2, 3],
        key_settings: 0x0B,
        keys: 6,
        key_sets: 2,
    };

    fn opened(fake: &mut Fake) -> Card<'_> {
        let mut card = Card::new(fake);
        card.create_application(NEW).unwrap();
        card.select(NEW.aid).unwrap();
        card.authenticate_first(0, FACTORY_KEY, randoms(1)())
            .unwrap();
        card
    }

    #[test]
    fn an_answer_of_another_length_is_refused() {
        for length in [0, 2, 100] {
            let mut bench = Bench::new(ACR122, |_: &[u8]| {
                let mut answer = vec![3; length];
                answer.extend([0x91, 0x00]);
                answer
            });
            let found = Card::new(&mut bench).key_version(0);
            assert!(matches!(found, Err(CardError::Garbled { .. })), "{length}");
        }
    }

    #[test]
    fn the_first_thing_that_goes_wrong_ends_the_session() {
        // A refusal.
        let mut fake = Fake::new();
        let mut card = opened(&mut fake);
        let refused = card.file_settings(7);
        assert_eq!(refused.unwrap_err().status(), Some(Status::NoFile));
        let next = card.file_ids();
        assert!(matches!(next, Err(CardError::NoSession { .. })));
        drop(card);
        assert_eq!(fake.commands, 5);
        // A damaged answer, to a command of a session that was good so far.
        let mut fake = Fake::new();
        fake.damaged = Some((5, Seed(77)));
        let mut card = opened(&mut fake);
        assert_eq!(card.file_ids().unwrap(), Vec::<u8>::new());
        assert!(card.key_version(0).is_err());
        assert!(!card.is_authenticated());
        let next = card.file_ids();
        assert!(matches!(next, Err(CardError::NoSession { .. })));
        drop(card);
        // Without one there is none.
        let mut fake = Fake::new();
        let mut card = Card::new(&mut fake);
        assert!(matches!(card.file_ids(), Err(CardError::NoSession { .. })));
        let again = card.authenticate_non_first(0, FACTORY_KEY, [1; 16]);
        assert!(matches!(again, Err(CardError::NoSession { .. })));
        drop(card);
        assert_eq!(fake.commands, 0);
    }
}
