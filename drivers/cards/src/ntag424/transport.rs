//! A card session as the crate `ntag424` wants it: the same APDUs, in futures that are ready at once.

use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ntag424::{Response, Transport};
use tillside_drivers::{CardSession, ReaderError};

/// The session, and the status word it answered last.
pub(super) struct Apdus<'a> {
    session: &'a mut dyn CardSession,
    status: u16,
}

impl<'a> Apdus<'a> {
    pub(super) fn new(session: &'a mut dyn CardSession) -> Self {
        Self { session, status: 0 }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    fn send(&mut self, command: &[u8]) -> Result<Response<Vec<u8>>, ReaderError> {
        let answer = self.session.transmit(command)?;
        let garbled = ReaderError::Garbled { step: "a command" };
        let (data, [sw1, sw2]) = answer.split_last_chunk().ok_or(garbled)?;
        self.status = u16::from_be_bytes([*sw1, *sw2]);
        Ok(Response {
            data: data.to_vec(),
            sw1: *sw1,
            sw2: *sw2,
        })
    }
}

impl Transport for Apdus<'_> {
    type Error = ReaderError;
    type Data = Vec<u8>;

    fn transmit(
        &mut self,
        apdu: &[u8],
    ) -> impl Future<Output = Result<Response<Vec<u8>>, ReaderError>> {
        ready(self.send(apdu))
    }

    /// Only for `Session::get_selected_uid`, which is not used: `reader_uid` checks more.
    fn get_uid(&mut self) -> impl Future<Output = Result<Vec<u8>, ReaderError>> {
        let answer = self.send(&[0xFF, 0xCA, 0x00, 0x00, 0x00]);
        ready(answer.map(|answer| answer.data))
    }
}

type Outcome<T> = Result<T, ntag424::SessionError<ReaderError>>;

/// What a future over [`Apdus`] comes to. It waits for nothing, so the first poll ends it.
pub(super) fn now<T>(future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(ReaderError::CardMute { step: "a command" }.into()),
    }
}
