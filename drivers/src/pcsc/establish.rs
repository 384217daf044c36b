//! Opening a context, and telling a service that refuses us from one that is not there.
//!
//! Past its 200 contexts, or when polkit says no, pcscd takes the call and hangs up. Its client
//! library calls that SecurityViolation, CommError or NoService, whichever side was faster, and
//! NoService is also what it says when nobody runs. So on Unix the socket is asked.

use std::sync::Arc;

use pcsc::{Context, Error, Scope};

use crate::ReaderError;

/// A service that starts or dies under the first call may look as if it refused it; the second call
/// tells.
const CALLS: u32 = 2;

/// Opens a context of its own.
pub(super) fn establish() -> Result<Context, ReaderError> {
    establish_with(|| Context::establish(Scope::User), is_refusal)
}

fn establish_with<C>(
    open: impl Fn() -> Result<C, Error>,
    is_refusal: impl Fn(Error) -> bool,
) -> Result<C, ReaderError> {
    let mut call = 1;
    loop {
        match open() {
            Ok(context) => return Ok(context),
            Err(error) if !is_refusal(error) => {
                return Err(ReaderError::ServiceUnavailable {
                    source: Arc::new(error),
                });
            }
            Err(error) if call == CALLS => {
                return Err(ReaderError::ServiceRefused {
                    source: Arc::new(error),
                });
            }
            Err(_) => call += 1,
        }
    }
}

/// Somebody listens, so whoever got an error was refused.
#[cfg(unix)]
fn is_refusal(_: Error) -> bool {
    /// The name that pcsc-lite is built with, here and in most distributions.
    const DEFAULT_SOCKET: &str = "/run/pcscd/pcscd.comm";
    let socket = std::env::var_os("PCSCLITE_CSOCK_NAME").unwrap_or_else(|| DEFAULT_SOCKET.into());
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

/// Windows names what it means.
#[cfg(not(unix))]
fn is_refusal(error: Error) -> bool {
    matches!(
        error,
        Error::SecurityViolation | Error::NoAccess | Error::NoMemory
    )
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::ReaderErrorCode;

    /// Outcome of opening when the service answers so, call by call; and the number of calls.
    fn play(
        answers: &[Result<(), Error>],
        listens: &[bool],
    ) -> (Result<(), ReaderErrorCode>, usize) {
        let (calls, looks) = (Cell::new(0), Cell::new(0));
        let next = |count: &Cell<usize>| count.replace(count.get() + 1);
        let opened = establish_with(|| answers[next(&calls)], |_| listens[next(&looks)]);
        (opened.map_err(|error| error.code()), calls.get())
    }

    #[test]
    fn a_service_is_refusing_only_if_it_is_there_and_does_so_twice() {
        let gone = Err(Error::NoService);
        assert_eq!(play(&[Ok(())], &[]), (Ok(()), 1));
        assert_eq!(
            play(&[gone], &[false]),
            (Err(ReaderErrorCode::ServiceUnavailable), 1)
        );
        assert_eq!(play(&[gone, Ok(())], &[true]), (Ok(()), 2));
        assert_eq!(
            play(&[gone, gone], &[true, false]),
            (Err(ReaderErrorCode::ServiceUnavailable), 2)
        );
        assert_eq!(
            play(&[gone, gone], &[true, true]),
            (Err(ReaderErrorCode::ServiceRefused), 2)
        );
    }
}
