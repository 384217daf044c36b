//! The serial line: a pseudo terminal, and the thread that is the chip behind it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;

use super::controller::{Controller, Outcome};
use super::field::Field;
use super::frame::{self, FromHost, Inbox};
use crate::SimError;
use crate::error::During;

/// How often a search for cards looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A pseudo terminal that nobody serves yet.
#[derive(Debug)]
pub(crate) struct Line {
    ours: File,
    /// Our own hold on the far end keeps the line alive while hosts come and go.
    far_end: OwnedFd,
    path: PathBuf,
}

/// A running chip on its line. Dropping it is pulling the plug: the terminal is gone.
#[derive(Debug)]
pub(crate) struct Port {
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Opens a terminal that changes no byte.
    pub(crate) fn open() -> Result<Self, SimError> {
        open().during("opening a pseudo terminal for the PN532")
    }

    /// The terminal that a host opens.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Port {
    /// Puts the chip behind its line.
    pub(super) fn start(line: Line, field: impl Field + Send + 'static) -> Result<Self, SimError> {
        let (stop, stopped) = UnixStream::pair().during("making a stop sign for the PN532")?;
        let mut chip = Chip {
            line: line.ours,
            _far_end: line.far_end,
            stopped,
            inbox: Inbox::default(),
            controller: Controller::new(),
            field: Box::new(field),
            last: Vec::new(),
        };
        let thread = std::thread::Builder::new()
            .name("pn532".to_owned())
            .spawn(move || {
                if let Err(error) = chip.run() {
                    tracing::debug!(%error, "the PN532's line ended");
                }
            })
            .during("starting the PN532's thread")?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // Closing our end is the sign.
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the PN532's thread panicked");
        }
    }
}

fn open() -> io::Result<Line> {
    let line = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&line)?;
    rustix::pty::unlockpt(&line)?;
    let name = rustix::pty::ptsname(&line, Vec::new())?;
    let path = PathBuf::from(name.to_string_lossy().into_owned());
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let far_end = rustix::fs::open(&path, flags, Mode::empty())?;
    let mut mode = rustix::termios::tcgetattr(&far_end)?;
    mode.make_raw();
    rustix::termios::tcsetattr(&far_end, OptionalActions::Now, &mode)?;
    rustix::fs::fcntl_setfl(&line, OFlags::NONBLOCK)?;
    Ok(Line {
        ours: File::from(line),
        far_end,
        path,
    })
}

struct Chip {
    line: File,
    _far_end: OwnedFd,
    stopped: UnixStream,
    inbox: Inbox,
    controller: Controller,
    field: Box<dyn Field + Send>,
    /// The last answer, should the host want it again.
    last: Vec<u8>,
}

/// Why a wait ended.
enum Woken {
    Bytes,
    Time,
    Stop,
}

impl Chip {
    fn run(&mut self) -> io::Result<()> {
        loop {
            let Some(frame) = self.next_frame()? else {
                return Ok(());
            };
            match frame {
                FromHost::Command(command) => {
                    self.say(&frame::ACK)?;
                    let outcome =
                        self.controller
                            .command(self.field.as_mut(), &command, Instant::now());
                    if !self.answer(outcome)? {
                        return Ok(());
                    }
                }
                FromHost::Ack => self.controller.abort(),
                FromHost::Nack => {
                    let last = self.last.clone();
                    self.say(&last)?;
                }
                FromHost::Unclear => self.say(&frame::syntax_error())?,
            }
        }
    }

    /// The next frame; `None` at the end.
    fn next_frame(&mut self) -> io::Result<Option<FromHost>> {
        loop {
            if let Some(frame) = self.inbox.next() {
                return Ok(Some(frame));
            }
            match self.wait(None)? {
                Woken::Stop => return Ok(None),
                Woken::Bytes | Woken::Time => {}
            }
        }
    }

    /// Brings a command to its end: waits for what takes time, unless the host says something else
    /// first. `false` at the end of the line.
    fn answer(&mut self, mut outcome: Outcome) -> io::Result<bool> {
        loop {
            let pause = match &outcome {
                Outcome::Waiting => LOOK_AGAIN,
                Outcome::Answer(_, delay) => *delay,
                Outcome::SyntaxError => Duration::ZERO,
            };
            match self.pause(pause)? {
                Woken::Stop => return Ok(false),
                Woken::Bytes => {
                    self.controller.abort();
                    return Ok(true);
                }
                Woken::Time => {}
            }
            match outcome {
                Outcome::Waiting => {
                    outcome = self.controller.again(self.field.as_mut(), Instant::now());
                }
                Outcome::Answer(content, _) => {
                    self.last = frame::answer(&content);
                    let last = self.last.clone();
                    self.say(&last)?;
                    return Ok(true);
                }
                Outcome::SyntaxError => {
                    self.say(&frame::syntax_error())?;
                    return Ok(true);
                }
            }
        }
    }

    /// Lets time pass, until the host sends a whole frame (whose first is an abort or a command that
    /// takes the place of the one under way).
    fn pause(&mut self, length: Duration) -> io::Result<Woken> {
        let end = Instant::now() + length;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Woken::Time);
            }
            if self.inbox.holds_a_start() {
                return Ok(Woken::Bytes);
            }
            match self.wait(Some(left))? {
                Woken::Stop => return Ok(Woken::Stop),
                Woken::Bytes | Woken::Time => {}
            }
        }
    }

    /// Waits for bytes and takes them in.
    fn wait(&mut self, limit: Option<Duration>) -> io::Result<Woken> {
        let limit = limit.map(|limit| Timespec {
            tv_sec: limit.as_secs() as i64,
            tv_nsec: i64::from(limit.subsec_nanos()),
        });
        let (line, stopped) = (self.line.as_fd(), self.stopped.as_fd());
        let mut sources = [
            PollFd::from_borrowed_fd(line, PollFlags::IN),
            PollFd::from_borrowed_fd(stopped, PollFlags::IN),
        ];
        match rustix::event::poll(&mut sources, limit.as_ref()) {
            Err(rustix::io::Errno::INTR) | Ok(0) => return Ok(Woken::Time),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        if !sources[1].revents().is_empty() {
            return Ok(Woken::Stop);
        }
        let mut bytes = [0; 512];
        match rustix::io::read(&self.line, &mut bytes) {
            Ok(0) => Ok(Woken::Stop),
            Ok(length) => {
                self.inbox.push(&bytes[..length]);
                Ok(Woken::Bytes)
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Woken::Time),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a frame; a host that reads nothing loses it, as on a real line.
    fn say(&mut self, frame: &[u8]) -> io::Result<()> {
        match self.line.write_all(frame) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            outcome => outcome,
        }
    }
}
